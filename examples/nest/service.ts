import 'reflect-metadata'
import { randomUUID } from 'node:crypto'
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  Get,
  HttpException,
  Module,
  Param,
  Post,
  Req,
} from '@nestjs/common'
import { BaseExceptionFilter, NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication, RouteConfig } from '@nestjs/platform-fastify'
import { assemble } from 'bulwark'
import { refusals } from 'bulwark/access'
import { bulwark } from 'bulwark/fastify'
import { refuse } from 'bulwark/refuse'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { printed } from './mails.ts'
import { openOrders } from './orders.ts'

const port = Number(process.env['PORT'] ?? 3000)
const defences = await assemble({
  origin: `http://localhost:${port}`,
  account: { mailer: printed },
})
const ordersOf = openOrders(defences)

@Controller()
class Home {
  @Get()
  @RouteConfig({ access: { public: true } })
  hello() {
    return { hello: 'world' }
  }
}

@Controller('orders')
class Orders {
  @Get()
  @RouteConfig({ access: { signedIn: true } })
  list(@Req() { principal }: FastifyRequest) {
    return ordersOf(principal).list()
  }

  @Get(':id')
  @RouteConfig({ access: { signedIn: true } })
  async one(@Req() { principal }: FastifyRequest, @Param('id') id: string) {
    return (await ordersOf(principal).get(id)) ?? refuse(refusals.notFound)
  }

  @Post()
  @RouteConfig({ access: { signedIn: true } })
  async make(@Req() { principal }: FastifyRequest, @Body() body: { item: string }) {
    const order = { id: randomUUID(), item: String(body.item) }
    await ordersOf(principal).create(order)
    return order
  }
}

@Module({ controllers: [Home, Orders] })
class Service {}

/** Bulwark answers what no route takes, and errors, in one shape; Nest would answer them in its own. */
class Behind extends FastifyAdapter {
  override setNotFoundHandler() {
    return this.getInstance()
  }
  override setErrorHandler() {
    return this.getInstance()
  }
}

/** `refuse(…)` and faults go to Bulwark, which says and logs them; Nest's own exceptions stay Nest's. */
@Catch()
class ToBulwark extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    if (error instanceof HttpException) super.catch(error, host)
    else host.switchToHttp().getResponse<FastifyReply>().send(error)
  }
}

const app = await NestFactory.create<NestFastifyApplication>(Service, new Behind(), {
  bodyParser: false, // Bulwark reads bodies, strictly
  logger: ['warn', 'error'],
})
app.useGlobalFilters(new ToBulwark(app.getHttpAdapter()))
await app.register(bulwark, { bulwark: defences })
await app.listen(port, '127.0.0.1')
process.stdout.write(`listening on http://localhost:${port}\n`)
