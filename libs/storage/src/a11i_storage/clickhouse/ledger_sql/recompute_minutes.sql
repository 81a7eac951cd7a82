-- The sums of some minutes, as a whole. An account counts in the first minute in which one of its requests arrived: a
-- request sent again within 15 minutes is the same batch, hence the minutes around. Rows are unions of intervals. An
-- entry of 2^31 rows is of all that a batch has: of a dead letter that cannot be read nobody knows how many those are.
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
      if(is_whole, entered, gone_) AS gone,
      toUInt64(gone - stored) AS dead,
      arrayFilter(line -> line.3 > 0, arrayConcat(
        [
          (toUInt8(2), '', sampled_out),
          (3, '', if(replay = '', entered, 0)),
          (4, '', tokenized),
          (5, '', redacted),
          (6, '', stored),
          (7, '', dead),
          (8, '', if(replay = '', 0, entered)),
          (9, '', discarded),
          (100, '', toUInt64(entered - gone)),
          (101, '', toUInt64(if(replay = '' AND queued > 0, entered - queued, 0)))
        ],
        arrayMap(
          kind ->
          (
            kind.1,
            kind.2,
            if(kind.1 = 7 AND is_whole, dead, arrayReduce(
              'intervalLengthSum',
              arrayMap(one -> one.3, arrayFilter(one -> (one.1, one.2) = kind, reasons)),
              arrayMap(one -> one.4, arrayFilter(one -> (one.1, one.2) = kind, reasons))
            ))
          ),
          arrayDistinct(arrayMap(one -> (one.1, one.2), reasons))
        )
      )) AS lines
    FROM
    (
      SELECT tenant_id, replay, max(project) AS project_id, max(signal_) AS signal, min(minute_) AS minute,
        intervalLengthSumIf(first, past, outcome = 2) AS sampled_out,
        intervalLengthSumIf(first, past, outcome = 3) AS queued,
        intervalLengthSumIf(first, past, outcome BETWEEN 3 AND 8) AS entered,
        intervalLengthSumIf(first, past, outcome BETWEEN 4 AND 6) AS tokenized,
        intervalLengthSumIf(first, past, outcome IN (5, 6)) AS redacted,
        intervalLengthSumIf(first, past, outcome = 6) AS stored,
        intervalLengthSumIf(first, past, outcome IN (6, 7)) AS gone_,
        intervalLengthSumIf(first, past, outcome = 9) AS discarded,
        max(outcome = 7 AND of_all) AS is_whole,
        groupArrayIf((outcome, reason_, first, past), outcome = 1 OR (outcome = 7 AND reason_ != '')) AS reasons
      FROM
      (
        SELECT tenant_id, batch_id, replay, project_id AS project, signal AS signal_, minute AS minute_,
          outcome, toString(reason) AS reason_,
          item_count >= 2147483648 AS of_all,
          toUInt64(first_item) AS first,
          toUInt64(first_item) + if(of_all, 0, item_count) AS past
        FROM ledger_entries
        WHERE
          minute IN (SELECT toDateTime(arrayJoin({around:Array(UInt32)}), 'UTC'))
          AND (tenant_id, batch_id, replay) IN
          (
            SELECT tenant_id, batch_id, replay
            FROM ledger_entries
            WHERE minute IN (SELECT toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC'))
          )
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
