from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from cyclonedx.model.bom import Bom as Written
from cyclonedx.model.bom_ref import BomRef
from cyclonedx.model.component import Component as WrittenComponent
from cyclonedx.model.component import ComponentType
from cyclonedx.model.impact_analysis import ImpactAnalysisAffectedStatus
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.model.vulnerability import (
    BomTarget,
    BomTargetVersionRange,
    Vulnerability,
    VulnerabilityRating,
    VulnerabilityScoreSource,
    VulnerabilitySeverity,
)
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from checks import sbom

from .bills import bill, npm


@pytest.mark.parametrize("version", [SchemaVersion.V1_4, SchemaVersion.V1_5, SchemaVersion.V1_6, SchemaVersion.V1_7])
def test_a_bill_written_by_the_reference_library_reads_back_whole(version: SchemaVersion) -> None:
    written = Written()
    written.metadata.timestamp = datetime(2026, 1, 1, tzinfo=UTC)
    root = WrittenComponent(name="app", type=ComponentType.APPLICATION, bom_ref="app")
    written.metadata.component = root
    foo = WrittenComponent(
        name="foo",
        group="@scope",
        version="1.2.3",
        bom_ref="foo-node",
        purl=PackageURL("npm", "@scope", "foo", "1.2.3"),
        licenses=[LicenseExpression("MIT OR Apache-2.0")],
    )
    bar = WrittenComponent(
        name="bar",
        version="2.0",
        bom_ref="bar-node",
        purl=PackageURL("pypi", None, "Bar_Lib", "2.0"),
        licenses=[DisjunctiveLicense(id="ISC")],
        components=[WrittenComponent(name="inner", version="0.1", bom_ref="inner-node")],
    )
    written.components.update([foo, bar])
    written.register_dependency(root, [foo])
    written.register_dependency(foo, [bar])
    affected = BomTarget(
        ref="bar-node",
        versions=[BomTargetVersionRange(version="2.0", status=ImpactAnalysisAffectedStatus.AFFECTED)],
    )
    rating = VulnerabilityRating(
        severity=VulnerabilitySeverity.HIGH, score=Decimal("7.5"), method=VulnerabilityScoreSource.CVSS_V3_1
    )
    written.vulnerabilities.add(
        Vulnerability(bom_ref=BomRef("v"), id="CVE-2026-1", ratings=[rating], affects=[affected])
    )

    bom = sbom.read(make_outputter(written, OutputFormat.JSON, version).output_as_string())

    assert bom.flaws == ()
    assert {(c.key, c.version, c.licences, c.ref) for c in bom.components} == {
        ("pkg:npm/%40scope/foo", "1.2.3", ("MIT OR Apache-2.0",), "foo-node"),
        ("pkg:pypi/bar-lib", "2.0", ("ISC",), "bar-node"),
        ("library:inner", "0.1", (), "inner-node"),
    }
    assert (bom.root, bom.edges["app"], bom.edges["foo-node"]) == ("app", ("foo-node",), ("bar-node",))
    assert [(v.id, v.severity, v.refs) for v in bom.vulnerabilities] == [("CVE-2026-1", "high", ("bar-node",))]


FILE = {"type": "distribution", "url": "x", "hashes": [{"alg": "SHA-256", "content": "0123456789abcdef"}]}


@pytest.mark.parametrize(
    ("references", "read"),
    [
        ([FILE], (("sha256", "0123456789abcdef"),)),
        (
            [FILE, {"type": "website", "url": "x"}, 7, {"type": "distribution", "url": "y"}],
            (("sha256", "0123456789abcdef"),),
        ),
        ([FILE, FILE], ()),
        ([FILE | {"type": "vcs"}, {"type": "website", "url": "distribution"}], ()),
        (FILE, ()),
    ],
)
def test_the_digest_of_the_one_file_it_comes_as_stands_in_for_its_own(references: Any, read: Any) -> None:
    assert bill(npm("a", externalReferences=references)).components[0].hashes == read
    own = [{"alg": "MD5", "content": "00112233"}]
    assert bill(npm("a", externalReferences=references, hashes=own)).components[0].hashes == (("md5", "00112233"),)
