"""A plain asyncio proxy: `python -m tests.station.plain_proxy PORT SERVER_PORT`. The floor for the gateway.

It imports nothing but asyncio, so that its memory and CPU are those of Python with an event loop.
"""

import asyncio
import sys


async def plain_proxy(port: int, server_port: int) -> None:
    """Copies bytes both ways, a connection each: what any proxy in Python's event loop costs at the least."""

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while part := await source.read(65_536):
                target.write(part)
                await target.drain()
        except OSError:
            pass
        finally:
            target.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", server_port)
        await asyncio.gather(copy(reader, back), copy(there, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(plain_proxy(int(sys.argv[1]), int(sys.argv[2])))
