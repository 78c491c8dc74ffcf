import { storesConform } from '../conformance/conformance.ts'
import { memoryStores } from './memory.ts'

storesConform('memory', async () => memoryStores())
