import { matrix } from '../../weak/matrix.ts'
import { checks } from './backup-codes.ts'

matrix(checks)
