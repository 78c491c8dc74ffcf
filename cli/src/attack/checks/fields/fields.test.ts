import { matrix } from '../../weak/matrix.ts'
import { checks } from './fields.ts'

matrix(checks)
