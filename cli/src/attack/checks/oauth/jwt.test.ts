import { matrix } from '../../weak/matrix.ts'
import { checks } from './jwt.ts'

matrix(checks)
