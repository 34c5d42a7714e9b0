/** How much a browser may download. */
export interface DownloadLimit {
  /** Of all downloads together, those under way included. */
  bytes: number;
  files: number;
}

/** What a browser has downloaded so far, as the browser tells of it. */
export interface DownloadCount {
  /**
   * Notes how far a download has come.
   * @returns whether it is within the limit still
   */
  note(id: string, bytes: number): boolean;
  /** Nothing is kept of it. */
  forget(id: string): void;
}

export function countDownloads(limit: DownloadLimit): DownloadCount {
  const sizes = new Map<string, number>();
  let total = 0;
  const forget = (id: string) => {
    total -= sizes.get(id) ?? 0;
    sizes.delete(id);
  };
  return {
    note(id, bytes) {
      forget(id);
      sizes.set(id, bytes);
      total += bytes;
      return sizes.size <= limit.files && total <= limit.bytes;
    },
    forget,
  };
}
