import { matrix } from '../../weak/matrix.ts'
import { checks } from './cookies.ts'

matrix(checks)
