import { matrix } from '../../weak/matrix.ts'
import { checks } from './content.ts'

matrix(checks)
