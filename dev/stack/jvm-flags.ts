/**
 * Flags for a small JVM that starts fast and leaves nothing behind: what it unpacks (native
 * libraries, web caches) goes to `tempFolder`, and no performance file to the system's temp folder.
 */
export function jvmFlags(maxHeap: string, tempFolder: string): string[] {
  return [
    `-Xmx${maxHeap}`,
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    `-Djava.io.tmpdir=${tempFolder}`,
  ];
}
