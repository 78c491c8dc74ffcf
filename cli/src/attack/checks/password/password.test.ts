import { matrix } from '../../weak/matrix.ts'
import { checks } from './password.ts'

matrix(checks)
