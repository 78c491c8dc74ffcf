import { matrix } from '../../weak/matrix.ts'
import { checks } from './outbound.ts'

matrix(checks)
