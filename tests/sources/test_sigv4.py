"""The stand-in's own arithmetic against the examples that AWS has published."""

import pytest

from tests.sources.sigv4 import Received, signature

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # of AWS' documentation
SORTED = Received(
    "GET",
    "/?Param2=value2&Param1=value1",
    {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z"},
    b"",
)
POSTED = Received(
    "POST",
    "/",
    {
        "host": "iam.amazonaws.com",
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-amz-date": "20110909T233600Z",
    },
    b"Action=ListUsers&Version=2010-05-08",
)


@pytest.mark.parametrize(
    ("request_", "scope", "signed", "published"),
    [
        (
            SORTED,
            "20150830/us-east-1/service/aws4_request",
            "host;x-amz-date",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            POSTED,
            "20110909/us-east-1/iam/aws4_request",
            "content-type;host;x-amz-date",
            "ced6826de92d2bdeed8f846f0bf508e8559e98e4b0199114b84c54174deb456c",
        ),
    ],
)
def test_a_published_request_has_the_published_signature(
    request_: Received, scope: str, signed: str, published: str
) -> None:
    assert signature(request_, scope, signed, SECRET) == published
