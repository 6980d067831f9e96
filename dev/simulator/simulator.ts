import { answerAdmin } from "./admin-api.ts";
import { alibabaProtocol } from "./alibaba-protocol.ts";
import { ArrivalBook } from "./arrivals.ts";
import { CallDesk } from "./call-desk.ts";
import { makeAuthority } from "./certificate.ts";
import { type Cloud, type Credential, credentialFinder } from "./credential.ts";
import { type Entrance, openEntrance, openTlsEntrance, type TakeRequest } from "./entrance.ts";
import { FaultBook } from "./fault-book.ts";
import { FlowBook, type FlowSeed } from "./flow-book.ts";
import { HandshakeDesk } from "./handshake-desk.ts";
import { InstanceBook } from "./instance-book.ts";
import { JobBook } from "./job-book.ts";
import { NonceBook } from "./nonce-book.ts";
import { type Protocol } from "./protocol.ts";
import { tencentProtocol } from "./tencent-protocol.ts";
import { TimerLateness } from "./timer-lateness.ts";

/** The names of the simulator's ports. */
export type PortName = "tencent" | "tencentTls" | "alibaba" | "alibabaTls" | "admin";

/** What a simulator is started with. */
export interface SimulatorOptions {
  readonly credentials: readonly Credential[];
  /** Free ports where none is given. */
  readonly ports?: Readonly<Partial<Record<PortName, number>>>;
  /** From a Tencent job's opening to its end; 300 when left out. */
  readonly jobDurationMs?: number;
  /** From an instance's rerun to its end; 500 when left out. */
  readonly instanceRunMs?: number;
  /** Ids that do not exist; every other one is created on first sight. */
  readonly deniedTargets?: readonly string[];
  /** Execution records of DMS task flows that are there from the start. */
  readonly flows?: readonly FlowSeed[];
  /** The faults' dice, from 0 (included) to 1 (excluded). */
  readonly random?: () => number;
}

/** A simulator that is running. */
export interface Simulator {
  readonly tencentUrl: string;
  readonly tencentTlsUrl: string;
  readonly alibabaUrl: string;
  readonly alibabaTlsUrl: string;
  readonly adminUrl: string;
  /** The CA to trust for the TLS URLs. */
  readonly caPem: string;
  /** Cuts every connection and shuts every port; resolves when all are shut. */
  readonly close: () => Promise<void>;
}

/** Starts a simulator on 127.0.0.1. Resolves when every port listens; rejects when one cannot. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { ports = {}, jobDurationMs = 300, instanceRunMs = 500, deniedTargets = [] } = options;
  const find = credentialFinder(options.credentials);
  const faults = new FaultBook(options.random ?? Math.random);
  const arrivals = new ArrivalBook();
  const nonces = new NonceBook();
  const jobs = new JobBook(jobDurationMs, Date.now);
  const state = (seeds: readonly FlowSeed[] = []) => ({
    instances: new InstanceBook({ runMs: instanceRunMs, denied: deniedTargets, now: Date.now }),
    flows: new FlowBook(seeds),
  });
  const products = { wedata: state(), dataworks: state(), dms: state(options.flows) };
  const authority = await makeAuthority();
  const certificate = await authority.issue();
  const handshakes = new HandshakeDesk(faults, authority);
  const lateness = new TimerLateness();
  const opened: Entrance[] = [];
  const close = async () => {
    lateness.stop();
    await Promise.all(opened.splice(0).map(async (entrance) => entrance.close()));
  };
  const clearState = () => {
    const ofProducts = Object.values(products).flatMap((one) => [one.instances, one.flows]);
    [nonces, jobs, ...ofProducts].forEach((part) => part.clear());
  };

  const plain = async (port: PortName, take: TakeRequest) => {
    const entrance = await openEntrance(ports[port] ?? 0, take);
    opened.push(entrance);
    return `http://127.0.0.1:${entrance.port}`;
  };
  const tls = async (port: PortName, cloud: Cloud, take: TakeRequest) => {
    const troubleFor = async () => handshakes.troubleFor(cloud);
    const at = ports[port] ?? 0;
    const entrance = await openTlsEntrance({ port: at, certificate, troubleFor, take });
    opened.push(entrance);
    return `https://127.0.0.1:${entrance.port}`;
  };
  const deskOf = (protocol: Protocol): TakeRequest => {
    const desk = new CallDesk({ protocol, jobs, faults, arrivals, products });
    return (message, response, socket) => void desk.take(message, response, socket);
  };

  const tencent = deskOf(tencentProtocol(find));
  const alibaba = deskOf(alibabaProtocol(find, nonces));
  try {
    return {
      tencentUrl: await plain("tencent", tencent),
      tencentTlsUrl: await tls("tencentTls", "tencent", tencent),
      alibabaUrl: await plain("alibaba", alibaba),
      alibabaTlsUrl: await tls("alibabaTls", "alibaba", alibaba),
      adminUrl: await plain("admin", (message, response) => {
        void answerAdmin(message, response, { arrivals, faults, lateness, products, clearState });
      }),
      caPem: authority.caPem,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
