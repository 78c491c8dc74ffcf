import { matrix } from '../../weak/matrix.ts'
import { checks } from './audit.ts'

matrix(checks)
