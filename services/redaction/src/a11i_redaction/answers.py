"""What RedactionService answers, as messages."""

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_redaction.findings import Finding
from a11i_redaction.pipeline import RedactedText
from a11i_redaction.policy.presets import Preset
from a11i_storage.postgres.redaction_policies import Reveal


def redacted_text(redacted: RedactedText) -> pb.RedactedText:
    """Return a text after redaction."""
    findings = map(_finding, redacted.findings)
    return pb.RedactedText(text=redacted.text, findings=findings, withheld_count=redacted.withheld)


def analyzed_text(found: RedactedText) -> pb.AnalyzedText:
    """Return what was found in a text, without the text."""
    return pb.AnalyzedText(findings=map(_finding, found.findings), withheld_count=found.withheld)


def differences(tried: RedactedText, against: RedactedText) -> pb.PolicyDifference:
    """Return a sample under two policies, and the findings that only one of them has."""
    first = {(item.start, item.end, item.entity): "+" for item in tried.findings}
    second = {(item.start, item.end, item.entity): "-" for item in against.findings}
    apart = {place: sign for place, sign in (first | second).items() if (place in first) != (place in second)}
    return pb.PolicyDifference(
        tried=redacted_text(tried),
        against=redacted_text(against),
        differences=[f"{sign}{entity} {start}-{end}" for (start, end, entity), sign in sorted(apart.items())],
    )


def preset_message(preset: Preset) -> pb.Preset:
    """Return a preset with all that it says."""
    rules = (
        pb.EntityRule(entity=entity, enabled=True, min_score=score, operator=pb.OPERATOR_REPLACE)
        for entity, score in preset.thresholds.items()
    )
    policy = pb.Policy(
        preset=preset.name,
        entities=rules,
        min_score=preset.min_score,
        on_over_budget=pb.OVER_BUDGET_QUARANTINE,
    )
    return pb.Preset(name=preset.name, description=preset.description, version=preset.version, policy=policy)


def reveal_record(reveal: Reveal) -> pb.RevealRecord:
    """Return a call of Reveal."""
    record = pb.RevealRecord(
        actor=reveal.actor,
        peer=reveal.peer,
        purpose=reveal.purpose,
        value_count=reveal.value_count,
        entities=reveal.entities,
    )
    record.time.FromDatetime(reveal.time)
    return record


def _finding(finding: Finding) -> pb.Finding:
    return pb.Finding(entity=finding.entity, start=finding.start, end=finding.end, score=finding.score)
