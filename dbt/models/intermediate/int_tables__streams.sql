-- One row per raw table and stream that is made from it.
{{ penstock.table_streams() }}
