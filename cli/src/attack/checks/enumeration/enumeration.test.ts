import { matrix } from '../../weak/matrix.ts'
import { checks } from './enumeration.ts'

matrix(checks)
