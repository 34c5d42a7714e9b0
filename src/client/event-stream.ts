/** One message of an event stream (HTML Living Standard §9.2, server-sent events). */
export interface StreamMessage {
  /** The last id the stream gave, which is what `Last-Event-ID` resumes from. */
  id: string;
  event: string;
  data: string;
}

/** The messages of an event stream's bytes. Comments, and messages without data, are passed over. */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamMessage> {
  let id = "";
  let event = "";
  let data: string[] = [];
  for await (const line of readLines(body)) {
    if (line === "") {
      if (data.length > 0) yield { id, event: event === "" ? "message" : event, data: data.join("\n") };
      event = "";
      data = [];
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value;
  }
}

/** Lines as the standard ends them: by CR LF, LF or CR alone. What has no end yet when the stream ends is no line. */
async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  // By its reader: not every runtime that has `fetch` has streams to loop over.
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      rest += decoder.decode(read.value, { stream: true });
      let from = 0;
      for (;;) {
        const at = nextEnd(rest, from);
        // A CR at the very end may be half of a CR LF: what comes next tells.
        if (at < 0 || (rest[at] === "\r" && at === rest.length - 1)) break;
        yield rest.slice(from, at);
        from = rest[at] === "\r" && rest[at + 1] === "\n" ? at + 2 : at + 1;
      }
      rest = rest.slice(from);
    }
    if (rest.endsWith("\r")) yield rest.slice(0, -1);
  } finally {
    // Whoever stops reading half-way ends the connection with it.
    await reader.cancel().catch(() => {});
  }
}

function nextEnd(text: string, from: number): number {
  const lf = text.indexOf("\n", from);
  const cr = text.indexOf("\r", from);
  return lf < 0 || (cr >= 0 && cr < lf) ? cr : lf;
}
