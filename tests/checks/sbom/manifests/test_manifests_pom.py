import pytest

from checks.sbom import manifests
from tests.checks.sbom.manifests.editing import changed, constraints, edited, not_overridden, overridden, refused

POM = """\
<?xml version="1.0" encoding="ISO-8859-1"?>
<m:project xmlns:m="http://maven.apache.org/POM/4.0.0">
  <m:parent><m:groupId>org.parent</m:groupId><m:version>9</m:version></m:parent>
  <m:artifactId>app</m:artifactId>
  <m:properties a="&gt;" b='>'>
    <spring.version>
      5.0.1
    </spring.version>
    <twice>1.0</twice><twice>1.0</twice>
    <inner>${twice}</inner>
    <empty/>
    <group>g</group>
  </m:properties>
  <m:dependencyManagement><m:dependencies>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>managed</m:artifactId><m:version>1.0</m:version></m:dependency>
  </m:dependencies></m:dependencyManagement>
  <m:dependencies>
    <!-- <m:dependency><m:groupId>g</m:groupId><m:artifactId>no</m:artifactId>
      <m:version>1.0</m:version></m:dependency> -->
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>managed</m:artifactId></m:dependency>
    <m:dependency><m:groupId>${group}</m:groupId><m:artifactId>plain</m:artifactId>
      <m:version> 1.0 </m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>web</m:artifactId>
      <m:version>${spring.version}</m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>core</m:artifactId>
      <m:version>${spring.version}</m:version></m:dependency>
    <m:dependency><m:groupId>${project.groupId}</m:groupId><m:artifactId>own</m:artifactId>
      <m:version>${project.version}</m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>twice</m:artifactId>
      <m:version>${twice}</m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>inner</m:artifactId>
      <m:version>${inner}</m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>empty</m:artifactId>
      <m:version>${empty}</m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>none</m:artifactId>
      <m:version>${nowhere}</m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>joined</m:artifactId>
      <m:version>1.${group}</m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>said</m:artifactId>
      <m:version>1.0<!-- why --></m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>raw</m:artifactId>
      <m:version><![CDATA[1.0]]></m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>coded</m:artifactId>
      <m:version>1&#46;0</m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>range</m:artifactId>
      <m:version>[1.0,2.0)</m:version></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>inherited</m:artifactId><m:scope>test</m:scope></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>void</m:artifactId><m:version/></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>test</m:artifactId>
      <m:version>1.0</m:version><m:scope>test</m:scope></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>opt</m:artifactId>
      <m:version>1.0</m:version><m:optional>true</m:optional></m:dependency>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>${nowhere}</m:artifactId>
      <m:version>1.0</m:version></m:dependency>
    <![CDATA[ <m:dependency> ]]>
    <?pi <m:dependency> ?>
  </m:dependencies>
  <m:build><m:plugins><m:plugin><m:dependencies>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>plugged</m:artifactId><m:version>1.0</m:version></m:dependency>
  </m:dependencies></m:plugin></m:plugins></m:build>
  <m:profiles><m:profile><m:dependencies>
    <m:dependency><m:groupId>g</m:groupId><m:artifactId>profiled</m:artifactId><m:version>1.0</m:version></m:dependency>
  </m:dependencies></m:profile></m:profiles>
</m:project>
"""


def test_every_dependency_is_declared_with_what_it_comes_to() -> None:
    found = constraints("pom.xml", POM)
    stated = {f"g:{name}": "1.0" for name in ("managed", "plain", "test", "opt", "profiled")}
    unknown = ("twice", "inner", "empty", "none", "joined", "said", "raw", "coded", "inherited", "void")
    assert found == stated | {
        "g:web": "5.0.1",
        "g:core": "5.0.1",
        "g:range": "[1.0,2.0)",
        "org.parent:own": "",
    } | dict.fromkeys((f"g:{name}" for name in unknown), "")


def test_the_scope_of_maven_is_told_in_ours() -> None:
    found = {each.name: each.scope for each in manifests.declared("pom.xml", POM)}
    assert {name: scope for name, scope in found.items() if scope != "runtime"} == {
        "g:inherited": "development",
        "g:test": "development",
        "g:opt": "optional",
    }


def test_a_line_is_that_of_the_version_or_of_the_dependency_without_one() -> None:
    lines = POM.split("\n")
    assert "<m:version> 1.0 </m:version>" in lines[(manifests.line("pom.xml", POM, "maven", "g:plain") or 0) - 1]
    assert "inherited" in lines[(manifests.line("pom.xml", POM, "maven", "g:inherited") or 0) - 1]


@pytest.mark.parametrize(
    ("name", "version", "before", "after"),
    [
        ("g:managed", "1.5", "managed</m:artifactId><m:version>1.0<", "managed</m:artifactId><m:version>1.5<"),
        ("g:plain", "1.5", "<m:version> 1.0 </m:version>", "<m:version> 1.5 </m:version>"),
        ("g:web", "5.0.9", "      5.0.1\n", "      5.0.9\n"),
        ("g:range", "1.5", "[1.0,2.0)", "[1.5,2.0)"),
        ("g:profiled", "1.5", "profiled</m:artifactId><m:version>1.0<", "profiled</m:artifactId><m:version>1.5<"),
    ],
)
def test_a_version_is_raised_where_it_stands(name: str, version: str, before: str, after: str) -> None:
    assert POM.count(before) == 1
    edit = edited("pom.xml", POM, "maven", name, version)
    assert edit.text == POM.replace(before, after)
    assert edit.line == POM[: POM.index(before)].count("\n") + 1


def test_all_that_share_a_property_move_together() -> None:
    after = constraints("pom.xml", edited("pom.xml", POM, "maven", "g:core", "5.0.9").text)
    assert (after["g:core"], after["g:web"]) == ("5.0.9", "5.0.9")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("org.parent:own", "`${project.version}` is put together from properties"),
        ("g:twice", "the property of `${twice}` is not set once and plainly"),
        ("g:inner", "the property of `${inner}` is not set once and plainly"),
        ("g:empty", "the property of `${empty}` is not set once and plainly"),
        ("g:none", "the property of `${nowhere}` is not set once and plainly"),
        ("g:joined", "`1.${group}` is put together from properties"),
        ("g:said", "its version holds more than text"),
        ("g:raw", "its version holds more than text"),
        ("g:coded", "its version holds more than text"),
        ("g:void", "its version holds more than text"),
        ("g:inherited", "put it into dependencyManagement"),
        ("g:no", "is not declared"),
        ("g:plugged", "is not declared"),
        ("G:plain", "is not declared"),
    ],
)
def test_a_version_that_is_not_plainly_here_is_refused(name: str, reason: str) -> None:
    assert reason in refused("pom.xml", POM, "maven", name, "1.5")


def test_a_property_that_a_profile_sets_as_well_is_refused() -> None:
    text = POM.replace("<m:profile>", "<m:profile><m:properties><spring.version>6</spring.version></m:properties>")
    assert "not set once and plainly" in refused("pom.xml", text, "maven", "g:web", "5.0.9")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<project>",
        "<project><dependencies></project>",
        '<!DOCTYPE p [<!ENTITY a "b">]><project>&a;</project>',
        '<!DOCTYPE p SYSTEM "http://host/p.dtd"><project/>',
        '<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><project>&b;</project>',
        "<a>" * 50_000 + "</a>" * 50_000,
        "\x00",
        '<?xml version="1.0" encoding="no-such"?><project/>',
    ],
)
def test_a_hostile_or_broken_document_is_refused(text: str) -> None:
    assert refused("pom.xml", text, "maven", "g:a", "1.0").startswith(("pom.xml cannot be read", "`g:a` is not"))
    assert not_overridden("pom.xml", text, "maven", "g:a", "1.0")


PARTS = ("<groupId>g</groupId>", "<artifactId>x</artifactId>", "<version>1.5</version>")


def entry(indent: str) -> str:
    return "\n".join([f"{indent}<dependency>", *(f"{indent}  {part}" for part in PARTS), f"{indent}</dependency>"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "<project>\n  <properties/>\n  <dependencies/>\n</project>\n",
            "<project>\n  <properties/>\n  <dependencyManagement>\n    <dependencies>\n"
            + entry("      ")
            + "\n    </dependencies>\n  </dependencyManagement>\n  <dependencies/>\n</project>\n",
        ),
        (
            "<project>\n  <dependencyManagement>\n  </dependencyManagement>\n</project>\n",
            "<project>\n  <dependencyManagement>\n    <dependencies>\n"
            + entry("      ")
            + "\n    </dependencies>\n  </dependencyManagement>\n</project>\n",
        ),
        (
            "<project>\n  <dependencyManagement>\n    <dependencies>\n"
            "    </dependencies>\n  </dependencyManagement>\n</project>\n",
            "<project>\n  <dependencyManagement>\n    <dependencies>\n"
            + entry("      ")
            + "\n    </dependencies>\n  </dependencyManagement>\n</project>\n",
        ),
    ],
)
def test_an_override_adds_as_much_of_dependency_management_as_is_missing(text: str, expected: str) -> None:
    edit = overridden("pom.xml", text, "maven", "g:x", "1.5")
    assert edit.text == expected
    assert edit.text.split("\n")[edit.line - 1].strip() == "<version>1.5</version>"


def test_an_override_is_indented_and_ended_as_the_file_is() -> None:
    text = "<project>\r\n\t<build/>\r\n</project>\r\n"
    edit = overridden("pom.xml", text, "maven", "g:x", "1.5")
    assert edit.text.startswith("<project>\r\n\t<dependencyManagement>\r\n\t\t<dependencies>\r\n\t\t\t<dependency>\r\n")
    assert edit.text.endswith("\r\n\t</dependencyManagement>\r\n\t<build/>\r\n</project>\r\n")


def test_a_document_of_more_than_100000_tags_is_not_read() -> None:
    text = f"<project>{'<a/>' * 99_999}</project>"
    assert "more than 100000 tags" in refused("pom.xml", text, "maven", "g:a", "1.0")


def test_an_override_carries_the_prefix_of_the_file() -> None:
    edit = overridden("pom.xml", POM, "maven", "g:new", "1.5")
    assert [new for _, new in changed(POM, edit.text)] == [
        "      <m:dependency>",
        "        <m:groupId>g</m:groupId>",
        "        <m:artifactId>new</m:artifactId>",
        "        <m:version>1.5</m:version>",
        "      </m:dependency>",
    ]


def test_an_override_of_what_is_stated_raises_that() -> None:
    text = (
        "<project><dependencies><dependency><groupId>g</groupId><artifactId>x</artifactId><version>1.0</version>"
        "</dependency></dependencies></project>"
    )
    assert changed(text, overridden("pom.xml", text, "maven", "g:x", "1.5").text) == [
        (text, text.replace("1.0", "1.5"))
    ]


@pytest.mark.parametrize(
    ("text", "name", "version", "reason"),
    [
        ("<project/>", "g:x", "1.5", "cannot be"),
        ("<project>\n  <dependencyManagement/>\n</project>", "g:x", "1.5", "proven"),
        ("<project>\n</project>", "g", "1.5", "is no artifact and version"),
        ("<project>\n</project>", "g:<x>", "1.5", "is no artifact and version"),
        ("<project>\n</project>", "g:x", "LATEST", "is no artifact and version"),
        (POM, "g:none", "1.5", "is not set once"),
    ],
)
def test_an_override_that_cannot_hold_is_refused(text: str, name: str, version: str, reason: str) -> None:
    assert reason in not_overridden("pom.xml", text, "maven", name, version)
