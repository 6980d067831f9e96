/**
 * The partition of the journal in which all records of a connection lie: 32-bit FNV-1a of its name
 * in UTF-8 (http://www.isthe.com/chongo/tech/comp/fnv/). Part of the protocol version: clients'
 * own partitioners differ.
 */
export function journalPartitionOf(provider: string, partitions: number): number {
  let hash = 0x811c_9dc5;
  for (const byte of Buffer.from(provider)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return (hash >>> 0) % partitions;
}
