import { type Authority, type ServerCertificate } from "./certificate.ts";
import { type Cloud } from "./credential.ts";
import { type HandshakeTrouble } from "./entrance.ts";
import { type FaultBook } from "./fault-book.ts";

/**
 * Draws the trouble of each TLS connection from the faults.
 *
 * Bad certificates are made when they are first asked for: few simulators ever need one.
 */
export class HandshakeDesk {
  readonly #faults: FaultBook;
  readonly #authority: Authority;
  readonly #bad = new Map<"untrusted" | "expired", Promise<ServerCertificate>>();

  constructor(faults: FaultBook, authority: Authority) {
    this.#faults = faults;
    this.#authority = authority;
  }

  /** What happens to the next connection to this cloud. */
  async troubleFor(cloud: Cloud): Promise<HandshakeTrouble> {
    const delay = this.#faults.take("handshake-delay", { cloud });
    const delayMs = delay === undefined ? 0 : this.#faults.between(delay);
    for (const instead of ["reset", "close", "hang"] as const) {
      if (this.#faults.take(`handshake-${instead}`, { cloud }) !== undefined) {
        return { delayMs, instead };
      }
    }
    const bad = this.#faults.take("handshake-certificate", { cloud })?.certificate;
    return bad === undefined ? { delayMs } : { delayMs, certificate: await this.#make(bad) };
  }

  async #make(bad: "untrusted" | "expired"): Promise<ServerCertificate> {
    const { forge, issueExpired } = this.#authority;
    const made = this.#bad.get(bad) ?? (bad === "expired" ? issueExpired() : forge());
    this.#bad.set(bad, made);
    return made;
  }
}
