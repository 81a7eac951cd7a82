-- The sums of some minutes, as a whole. An account counts in the first minute in which one of its requests arrived: a
-- request sent again within 15 minutes is the same batch, hence the minutes around. Rows are unions of intervals.
INSERT INTO ledger_minutes (tenant_id, project_id, signal, minute, replayed, outcome, reason, rows, batches, version)
SELECT tenant_id, project_id, signal, minute, replayed, outcome, reason,
  sum(row_count), sum(batch_count), max(last_version) + 1
FROM
(
  SELECT tenant_id, project_id, signal, minute, replay != '' AS replayed,
    line.1 AS outcome, line.2 AS reason, line.3 AS row_count, 1 AS batch_count, toUInt64(0) AS last_version
  FROM
  (
    SELECT tenant_id, project_id, signal, minute, replay,
      arrayFilter(line -> line.3 > 0, arrayConcat(
        [
          (toUInt8(2), '', sampled_out),
          (3, '', if(replay = '', entered, 0)),
          (4, '', tokenized),
          (5, '', redacted),
          (6, '', stored),
          (7, '', toUInt64(gone - stored)),
          (8, '', if(replay = '', 0, entered)),
          (9, '', discarded),
          (100, '', toUInt64(entered - gone)),
          (101, '', toUInt64(if(replay = '' AND queued > 0, entered - queued, 0)))
        ],
        reasons
      )) AS lines
    FROM
    (
      SELECT tenant_id, replay, max(project) AS project_id, max(signal_) AS signal, min(first_minute) AS minute,
        intervalLengthSumArrayIf(begins, ends, outcome = 2) AS sampled_out,
        intervalLengthSumArrayIf(begins, ends, outcome = 3) AS queued,
        intervalLengthSumArrayIf(begins, ends, outcome BETWEEN 3 AND 8) AS entered,
        intervalLengthSumArrayIf(begins, ends, outcome BETWEEN 4 AND 6) AS tokenized,
        intervalLengthSumArrayIf(begins, ends, outcome IN (5, 6)) AS redacted,
        intervalLengthSumArrayIf(begins, ends, outcome = 6) AS stored,
        intervalLengthSumArrayIf(begins, ends, outcome IN (6, 7)) AS gone,
        intervalLengthSumArrayIf(begins, ends, outcome = 9) AS discarded,
        groupArrayIf((outcome, reason_, items), outcome = 1 OR (outcome = 7 AND reason_ != '')) AS reasons
      FROM
      (
        SELECT tenant_id, batch_id, replay, outcome, toString(reason) AS reason_,
          max(project_id) AS project, max(signal) AS signal_, min(minute) AS first_minute,
          groupArray(toUInt64(first_item)) AS begins,
          groupArray(toUInt64(first_item) + item_count) AS ends,
          intervalLengthSum(toUInt64(first_item), toUInt64(first_item) + item_count) AS items
        FROM ledger_entries
        WHERE minute IN (SELECT toDateTime(arrayJoin({around:Array(UInt32)}), 'UTC'))
        GROUP BY tenant_id, batch_id, replay, outcome, reason_
      )
      GROUP BY tenant_id, batch_id, replay
    )
    WHERE minute IN (SELECT toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC')) AND (replay != '' OR $first_way)
  )
  ARRAY JOIN lines AS line
  UNION ALL
  SELECT tenant_id, project_id, signal, minute, replayed, outcome, reason, 0, 0, version
  FROM ledger_minutes FINAL
  WHERE minute IN (SELECT toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC')) AND (replayed OR $first_way)
)
GROUP BY tenant_id, project_id, signal, minute, replayed, outcome, reason
