import { matrix } from '../../weak/matrix.ts'
import { checks } from './secrets.ts'

matrix(checks)
