import { matrix } from '../../weak/matrix.ts'
import { checks } from './limits.ts'

matrix(checks)
