"""Parquet files of one small table, written in the ways in which data sets are; the tests need no Python.

    python -m venv VENV && VENV/bin/pip install pyarrow==21.0.0
    VENV/bin/python packages/data/reference/parquet.py

Writes `parquet/` beside itself: COMPRESSION.parquet, encodings-PAGES.parquet and rows.json, the table as JSON with the version.
"""

import json
import pathlib

import pyarrow
import pyarrow.parquet

HERE = pathlib.Path(__file__).parent / "parquet"
NAMES = ["bad", "good"]
ROWS = [
    {
        "sentence": None if i == 5 else f"Sentence {i}: naïve café 東京 🙂" if i % 7 == 0 else f"Sentence {i % 4}, row {i}",
        "kind": ["news", "mail", "talk"][i % 3],
        "label": -1 if i == 8 else i % 2,
        "flag": None if i == 3 else i % 2 == 1,
        "idx": i,
        "score": i / 4,
    }
    for i in range(23)
]
FEATURES = {"sentence": {"dtype": "string", "_type": "Value"}, "label": {"names": NAMES, "_type": "ClassLabel"}}


def main():
    HERE.mkdir(exist_ok=True)
    schema = pyarrow.schema(
        [("sentence", "string"), ("kind", "string"), ("label", "int64"), ("flag", "bool"), ("idx", "int32"), ("score", "float64")],
        metadata={"huggingface": json.dumps({"info": {"features": FEATURES}})},
    )
    table = pyarrow.Table.from_pylist(ROWS, schema=schema)
    for compression in ("none", "snappy", "gzip", "zstd", "brotli", "lz4"):
        pyarrow.parquet.write_table(
            table,
            HERE / f"{compression}.parquet",
            compression=compression,
            row_group_size=10,
            use_dictionary=["kind"],
            data_page_version="2.0" if compression == "zstd" else "1.0",
        )
    plain = table.replace_schema_metadata(None)
    pyarrow.parquet.write_table(plain, HERE / "no-metadata.parquet")
    # Encodings that few writers choose by themselves, in pages of a few rows.
    for version in ("1.0", "2.0"):
        pyarrow.parquet.write_table(
            table,
            HERE / f"encodings-{version[0]}.parquet",
            compression="snappy",
            use_dictionary=False,
            data_page_version=version,
            data_page_size=64,
            write_batch_size=4,
            column_encoding={
                "sentence": "DELTA_BYTE_ARRAY",
                "kind": "DELTA_LENGTH_BYTE_ARRAY",
                "label": "DELTA_BINARY_PACKED",
                "flag": "RLE",
                "idx": "DELTA_BINARY_PACKED",
                "score": "BYTE_STREAM_SPLIT",
            },
        )
    (HERE / "rows.json").write_text(json.dumps({"madeBy": "packages/data/reference/parquet.py", "pyarrow": pyarrow.__version__, "rows": ROWS}, ensure_ascii=False) + "\n")


main()
