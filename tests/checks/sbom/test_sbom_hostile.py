"""What somebody wrote to hurt us is refused or read, within seconds and a bounded amount of memory."""

import resource
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import sbom
from checks.sbom import UnreadableError
from checks.sbom.bills import writer

from .bills import document, npm
from .hostile import CDX, FILES, SPDX, XML

pytestmark = pytest.mark.slow

SECONDS = 8  # of CPU; the worst takes 1.3 on an idle machine
MEBIBYTES = 400


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_answered_in_bounded_time_and_memory(name: str) -> None:
    raw = FILES[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    components, words = told(raw)
    assert components <= 1
    assert words < 50_000
    assert time.process_time() - started < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEBIBYTES * 1024


def told(raw: bytes) -> tuple[int, int]:
    """How many components are read, and how many characters are said about the rest."""
    try:
        bom = sbom.read(raw)
    except UnreadableError as error:
        return 0, len(str(error))
    return len(bom.components), sum(len(flaw.position) + len(flaw.message) for flaw in bom.flaws)


@pytest.mark.parametrize(
    "name",
    ["an entity bomb", "an entity of a file", "a document type elsewhere", "a quadratic entity"],
)
def test_nothing_hostile_reaches_the_strict_check(name: str) -> None:
    with pytest.raises(UnreadableError):
        writer.violations(FILES[name]())


def test_a_knot_of_dependencies_is_compared_like_any_other_bill() -> None:
    names = [f"n{number}" for number in range(60)]
    everything = dict.fromkeys(["app", *names], names)
    base = sbom.read(document(*map(npm, names[:50]), edges=everything))
    head = sbom.read(document(*map(npm, names), edges=everything))
    assert len(sbom.diff(base, head).changes) == 10


WORDS = """
    "components" "packages" "@graph" "name" "type" "purl" "licenses" "to" "dependsOn" "relationships" "software_Package"
    "Relationship" "a" [ ] { } : , 1e999 - null true 999999999999999999999999999999 \\ "\\ud83d" \0 \xff
""".encode("latin-1").split()
TAGS = """
    <components> </components> <component> </component> <name> </name> <licenses> </licenses> <license/> <dependencies>
    </dependencies> <dependency\xa0ref="a"> </dependency> text &amp; &x; <![CDATA[ ]]> <!-- --> <?x?> <!DOCTYPE\xa0a>
    <hashes> </hashes> <hash\xa0alg=""> </hash> <a\xa0line="1"\xa0components="2"/> \0 \xff
""".encode("latin-1").split()
STARTS = (CDX, SPDX, b"{", b'{"@graph":[', b'{"sbom":', b"")


@given(st.sampled_from(STARTS), st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_heap_of_json_words_is_a_bill_or_unreadable(start: bytes, words: list[bytes]) -> None:
    answered(start + b"".join(words))


@given(st.lists(st.sampled_from(TAGS), max_size=40))
def test_any_heap_of_tags_is_a_bill_or_unreadable(tags: list[bytes]) -> None:
    heap = XML + b"".join(tags).replace(b"\xa0", b" ")
    answered(heap)
    answered(heap + b"</bom>")


@given(st.data())
def test_a_real_bill_with_a_few_bytes_changed_is_a_bill_or_unreadable(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(SOUND)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    answered(bytes(raw))


SOUND = (
    document(npm("a", "1.0", "MIT", hashes=[{"alg": "MD5", "content": "0" * 32}]), edges={"app": ["a"]}).encode(),
    SPDX + b'"packages":[{"SPDXID":"SPDXRef-a","name":"a","licenseDeclared":"MIT"}],"documentDescribes":["SPDXRef-a"]}',
    XML + b'<components><component type="x"><name>a</name><hashes><hash alg="MD5">00</hash></hashes></component>'
    b'</components><dependencies><dependency ref="a"><dependency ref="b"/></dependency></dependencies></bom>',
    b'{"@graph":[{"type":"software_Package","spdxId":"a","name":"a"},'
    b'{"type":"Relationship","from":"a","to":["b"],"relationshipType":"dependsOn"}]}',
)


def answered(raw: bytes) -> None:
    try:
        bom = sbom.read(raw)
    except UnreadableError:
        return
    assert all(component.name and component.key for component in bom.components)
    assert sbom.diff(bom, bom).changes == ()
