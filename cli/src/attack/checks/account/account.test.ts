import { matrix } from '../../weak/matrix.ts'
import { checks } from './account.ts'

matrix(checks)
