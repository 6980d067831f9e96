const memoryMs = 15 * 60_000;

/** Remembers the signature nonces of the last 15 minutes, each access key's apart. */
export class NonceBook {
  readonly #usedAtMs = new Map<string, number>();

  /** Books the nonce. False when it was booked before: the gateway refuses such a call. */
  take(accessKeyId: string, nonce: string, nowMs: number): boolean {
    const key = keyOf(accessKeyId, nonce);
    const usedAtMs = this.#usedAtMs.get(key);
    if (usedAtMs !== undefined && usedAtMs + memoryMs > nowMs) {
      return false;
    }
    this.#usedAtMs.delete(key);
    this.#usedAtMs.set(key, nowMs);
    this.#dropOld(nowMs);
    return true;
  }

  /** Makes the nonce fresh again. */
  forget(accessKeyId: string, nonce: string): void {
    this.#usedAtMs.delete(keyOf(accessKeyId, nonce));
  }

  clear(): void {
    this.#usedAtMs.clear();
  }

  // A map keeps the order of booking, so the old ones stand in front.
  #dropOld(nowMs: number): void {
    for (const [key, usedAtMs] of this.#usedAtMs) {
      if (usedAtMs + memoryMs > nowMs) {
        return;
      }
      this.#usedAtMs.delete(key);
    }
  }
}

function keyOf(accessKeyId: string, nonce: string): string {
  return `${accessKeyId} ${nonce}`;
}
