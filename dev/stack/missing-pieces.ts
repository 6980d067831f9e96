import { oldestJava } from "./java.ts";

/** One thing this machine lacks: what it is, and the packages that bring it. */
export interface MissingPiece {
  readonly what: string;
  readonly debian: string;
  readonly homebrew: string;
}

/** No Java runtime, or only ones that are too old (their majors). */
export function missingJava(tooOld: readonly number[]): MissingPiece {
  const found = tooOld.length === 0 ? "none found" : `found only Java ${tooOld.join(", ")}`;
  return {
    what: `Java ${oldestJava} or later (${found} in JAVA_HOME, PATH and the usual JVM folders)`,
    debian: "openjdk-17-jdk-headless",
    homebrew: "openjdk",
  };
}

/** No Maven, and these artifacts are not in the cache yet. */
export function missingMaven(notCached: readonly string[]): MissingPiece {
  return {
    what: `Maven (mvn on the PATH), to download ${notCached.join(" and ")} once`,
    debian: "maven",
    homebrew: "maven",
  };
}

/** Everything that is missing and every way out, as one message for a person. */
export function missingPiecesMessage(missing: readonly MissingPiece[]): string {
  return [
    "The local stack cannot start; this machine lacks:",
    ...missing.map((piece) => `  - ${piece.what}`),
    "Any one of these helps:",
    `  - install it: Debian/Ubuntu: apt-get install ${missing.map((piece) => piece.debian).join(" ")}`,
    `                macOS: brew install ${missing.map((piece) => piece.homebrew).join(" ")}`,
    "  - with Docker: docker compose up (compose.yaml), then point to it as below:",
    "                RERUN_STACK_BROKERS=localhost:9092",
    "                RERUN_STACK_REGISTRY_URL=http://localhost:8081/apis/ccompat/v7",
    "  - use a broker and a registry that run already: set RERUN_STACK_BROKERS (host:port,host:port)",
    "    and RERUN_STACK_REGISTRY_URL (the URL that goes into schemaRegistry.url)",
  ].join("\n");
}
