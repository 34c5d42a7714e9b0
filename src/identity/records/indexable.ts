/** As much as an index of Postgres' takes (2,704 bytes), with what stands beside it. */
export const mostIdentifierBytes = 1_024;

/** Whether an identity can be found by a text: it has to fit an index. */
export const isIndexable = (text: string): boolean => Buffer.byteLength(text) <= mostIdentifierBytes;
