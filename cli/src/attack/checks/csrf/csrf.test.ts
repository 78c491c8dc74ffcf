import { matrix } from '../../weak/matrix.ts'
import { checks } from './csrf.ts'

matrix(checks)
