import { matrix } from '../../weak/matrix.ts'
import { checks } from './cors.ts'

matrix(checks)
