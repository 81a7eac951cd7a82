-- What redaction found, by entity and place, of spans and log records of a time range, the most first. Receipts say
-- "column:ENTITY"; those of before have entities alone. Values that were withheld are listed as an entity of their own.
SELECT
  signal,
  finding.1 AS entity,
  finding.2 AS place,
  service_name,
  redaction_policy AS policy,
  count() AS row_count,
  sum(toUInt64(finding.3)) AS finding_count,
  count() OVER () AS group_count
FROM
(
  SELECT
    'span' AS signal,
    service_name,
    redaction_policy,
    arrayJoin(
      arrayConcat(
        if(
          empty(redacted_where),
          arrayMap((entity, found) -> (entity, '', found), mapKeys(redacted_entities), mapValues(redacted_entities)),
          arrayMap(
            (place, found) -> (splitByChar(':', place)[-1], arrayStringConcat(arrayPopBack(splitByChar(':', place)), ':'), found),
            mapKeys(redacted_where),
            mapValues(redacted_where)
          )
        ),
        if(withheld_values = 0, [], [('WITHHELD', '', withheld_values)])
      )
    ) AS finding
  FROM spans FINAL
  WHERE
    $scope
    AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
    AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
    AND $filters
  UNION ALL
  SELECT
    'log' AS signal,
    service_name,
    redaction_policy,
    arrayJoin(
      arrayConcat(
        if(
          empty(redacted_where),
          arrayMap((entity, found) -> (entity, '', found), mapKeys(redacted_entities), mapValues(redacted_entities)),
          arrayMap(
            (place, found) -> (splitByChar(':', place)[-1], arrayStringConcat(arrayPopBack(splitByChar(':', place)), ':'), found),
            mapKeys(redacted_where),
            mapValues(redacted_where)
          )
        ),
        if(withheld_values = 0, [], [('WITHHELD', '', withheld_values)])
      )
    ) AS finding
  FROM logs FINAL
  WHERE
    $scope
    AND time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
    AND time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
    AND $filters
)
WHERE $found
GROUP BY signal, entity, place, service_name, policy
ORDER BY finding_count DESC, row_count DESC, signal, entity, place, service_name, policy
LIMIT {limit:UInt32}
OFFSET {behind:UInt64}
