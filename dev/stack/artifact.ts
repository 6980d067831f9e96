/** Something from Maven Central that is kept unpacked in the user's cache. */
export interface Artifact {
  /** Name and version, also the name of its cache folder. */
  readonly id: string;
  readonly title: string;
  readonly megabytes: number;
  /** Goals and properties of Maven's dependency plugin that put it into a folder. */
  readonly mavenArguments: (folder: string) => readonly string[];
  /** The pom that the goal runs on. */
  readonly pom: string;
}

const kafkaVersion = "4.4.0";

/** Apache Kafka's broker with everything it needs, one folder of jars. */
export const kafkaArtifact: Artifact = {
  id: `kafka-${kafkaVersion}`,
  title: `Apache Kafka ${kafkaVersion}`,
  megabytes: 43,
  mavenArguments: (folder) => [goal("copy-dependencies"), `-DoutputDirectory=${folder}`],
  // slf4j-simple 1.7 fits Kafka's slf4j-api 1.7 and needs no configuration file.
  pom: pom([
    ["org.apache.kafka", "kafka_2.13", kafkaVersion],
    ["org.slf4j", "slf4j-simple", "1.7.36"],
  ]),
};

/** Apicurio Registry as its project packs it: 3.x needs Java 21, 2.6 is the last for Java 17. */
export function registryArtifact(javaMajor: number): Artifact {
  const [version, format, megabytes] =
    javaMajor >= 21 ? (["3.3.3", "tar.gz", 159] as const) : (["2.6.13.Final", "zip", 142] as const);
  return {
    id: `apicurio-registry-${version}`,
    title: `Apicurio Registry ${version}`,
    megabytes,
    // Maven unpacks both formats itself, so neither unzip nor tar need be there.
    mavenArguments: (folder) => [
      goal("unpack"),
      `-Dartifact=io.apicurio:apicurio-registry-app:${version}:${format}:all`,
      `-DoutputDirectory=${folder}`,
    ],
    pom: pom([]),
  };
}

function goal(name: string): string {
  return `org.apache.maven.plugins:maven-dependency-plugin:3.8.1:${name}`;
}

function pom(dependencies: readonly (readonly [group: string, name: string, version: string])[]) {
  const entries = dependencies.map(
    ([group, name, version]) =>
      `    <dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`,
  );
  return [
    `<project xmlns="http://maven.apache.org/POM/4.0.0">`,
    `  <modelVersion>4.0.0</modelVersion>`,
    `  <groupId>local</groupId><artifactId>stack</artifactId><version>1</version>`,
    `  <packaging>pom</packaging>`,
    `  <dependencies>`,
    ...entries,
    `  </dependencies>`,
    `</project>`,
    ``,
  ].join("\n");
}
