import { matrix } from '../../weak/matrix.ts'
import { checks } from './deployment.ts'

matrix(checks)
