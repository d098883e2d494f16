"""JSON bodies of requests, checked against a model."""

from typing import TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import ClientDisconnected, UnsupportedMediaType

from auth.errors import InvalidRequest


class Body(BaseModel):
    """Base of what a request may say: exactly the fields named, with exactly their types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


BodyType = TypeVar("BodyType", bound=Body)


def read_body(kind: type[BodyType]) -> BodyType:
    """The body of the request that is being served.

    Raises UnsupportedMediaType unless it is called JSON, RequestEntityTooLarge, ClientDisconnected
    if it did not arrive whole, and InvalidRequest that names every wrong field and repeats no
    value: they are passwords.
    """
    if not request.is_json:
        raise UnsupportedMediaType
    body = request.get_data(cache=False)
    # Behind gunicorn, Werkzeug takes the end of the connection for the end of the body.
    if len(body) < (request.content_length or 0):
        raise ClientDisconnected
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        faults = (
            f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in found
        )
        raise InvalidRequest("; ".join(faults) + ".") from error
