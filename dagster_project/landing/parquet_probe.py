"""Run as a child process: decode a foreign Parquet file once, under limits, and count rows.

Arrow trusts its input: a damaged file can crash or exhaust the process that reads it. So a
child reads it first, with 4 GiB of address space and 120 s of processor time.
Writes the row count to standard output. Stdlib and pyarrow only: it runs isolated, outside
the package.
"""

import resource
import sys

MEMORY_BYTES = 4 << 30
CPU_SECONDS = 120
# dictionaries and runs make honest Parquet far denser than gzip
RATIO_CAP = 1000
RATIO_FREE_BYTES = 64 << 20


def main(path: str, size: int) -> int:
    """Rows really decoded; raises whatever the reader raises."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    import pyarrow.parquet as pq  # after the limits, so that they bind

    rows = decoded = 0
    with pq.ParquetFile(path, page_checksum_verification=True) as source:
        for batch in source.iter_batches(20_000, use_threads=False):
            rows += batch.num_rows
            decoded += batch.nbytes
            if decoded > max(RATIO_FREE_BYTES, RATIO_CAP * size):
                raise MemoryError("decompression_bomb")
    return rows


if __name__ == "__main__":
    sys.stdout.write(str(main(sys.argv[1], int(sys.argv[2]))))
