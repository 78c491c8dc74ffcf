import { matrix } from '../../weak/matrix.ts'
import { checks } from './access.ts'

matrix(checks)
