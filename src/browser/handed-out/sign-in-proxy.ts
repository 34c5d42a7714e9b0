import { Server } from "proxy-chain";
import { Failure } from "../../failure.ts";
import type { Secret } from "../../secret.ts";

/** A proxy of our own, on loopback, that stands in front of one that wants a password. */
export interface SignInProxy extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly server: string;
}

/**
 * Chromium takes a proxy's address on its command line, which anybody on the machine can read, and no password with it.
 * This proxy is what Chromium is told of; it adds the password on the way.
 * @throws Failure `invalid_argument` for a proxy it does not know how to speak to
 */
export async function openSignInProxy({
  server,
  username,
  password,
}: {
  /** `http://host:port`, `https://…`, `socks5://…`. */
  server: string;
  username: string;
  password: Secret;
}): Promise<SignInProxy> {
  const upstream = URL.parse(server);
  if (upstream === null || !/^(?:https?|socks[45]?):$/.test(upstream.protocol))
    throw new Failure("invalid_argument", "The proxy is not http://host:port, https://… or socks5://….");
  upstream.username = encodeURIComponent(username);
  upstream.password = encodeURIComponent(password.reveal());
  const proxy = new Server({
    host: "127.0.0.1",
    port: 0,
    prepareRequestFunction: () => ({ upstreamProxyUrl: upstream.href }),
  });
  await proxy.listen();
  return {
    server: `http://127.0.0.1:${proxy.port}`,
    [Symbol.asyncDispose]: () => proxy.close(true),
  };
}
