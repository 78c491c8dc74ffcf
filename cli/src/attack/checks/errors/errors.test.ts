import { matrix } from '../../weak/matrix.ts'
import { checks } from './errors.ts'

matrix(checks)
