import { matrix } from '../../weak/matrix.ts'
import { checks } from './reset.ts'

matrix(checks)
