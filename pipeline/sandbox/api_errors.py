"""Errors in Google's shape, word for word where a recording or a live probe gave the words.

`ApiError` is raised anywhere below the HTTP layer and becomes the answer there.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
"""A decoded JSON object."""

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
"""`error.status` for each HTTP status the sandbox can answer."""

MAX_CELL_TEXT = 50_000
"""Characters in one cell (Google's published limit)."""

MAX_BODY = 10_485_760
"""Bytes in the body of a request; older answers name this limit, and 9.0 MB were accepted live."""

MAX_CELLS = 10_000_000
"""Cells in one spreadsheet (Google's published limit)."""


class ApiError(Exception):
    """An answer other than success: HTTP status, message and the optional `details` of `google.rpc.Status`."""

    def __init__(self, status: int, message: str, *, details: list[Json] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details

    def body(self) -> Json:
        """The JSON answer; Sheets errors have no `errors[]`."""
        error: Json = {
            "code": self.status,
            "message": self.message,
            "status": STATUS_NAMES.get(self.status, "UNKNOWN"),
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}

    def within(self, where: str) -> ApiError:
        """The same error as Google words it inside a batch: `Invalid requests[2].updateCells: ...`."""
        return ApiError(self.status, f"Invalid {where}: {self.message}", details=self.details)


class DriveError(ApiError):
    """An error of the Drive API, which lists `errors[]` and has no `status` (live-probed)."""

    def __init__(self, status: int, message: str, reason: str, location: str = "") -> None:
        super().__init__(status, message)
        self.reason = reason
        self.location = location

    def body(self) -> Json:
        """The JSON answer in Drive's shape."""
        entry: Json = {"message": self.message, "domain": "global", "reason": self.reason}
        if self.location:
            entry |= {"location": self.location, "locationType": "parameter"}
        return {"error": {"code": self.status, "message": self.message, "errors": [entry]}}


def invalid(message: str) -> ApiError:
    """A 400 with only a message, the usual refusal."""
    return ApiError(400, message)


def malformed(*violations: tuple[str, str]) -> ApiError:
    """A 400 for JSON that does not fit the schema: (field, description) for each place, as recorded."""
    return ApiError(
        400,
        "\n".join(description for _, description in violations),
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [
                    {"field": field, "description": text} if field else {"description": text}
                    for field, text in violations
                ],
            }
        ],
    )


def unknown_name(name: str, where: str = "") -> ApiError:
    """The refusal of a key that the schema does not have."""
    place = f" at '{where}'" if where else ""
    description = f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'
    return malformed((where, description))


def not_answered(what: str) -> ApiError:
    """Google knows this, the sandbox does not; said plainly so that nobody takes it for Google's word."""
    return ApiError(501, f"The sandbox does not answer {what}; see docs/sandbox-fidelity.md.")


def not_found() -> ApiError:
    """No such spreadsheet (recorded)."""
    return ApiError(404, "Requested entity was not found.")


def no_grid(sheet_id: int) -> ApiError:
    """A range on a sheet that is not there (live-probed)."""
    return invalid(f"No grid with id: {sheet_id}")


def no_sheet(sheet_id: int) -> ApiError:
    """A sheet that is not there."""
    return invalid(f"No sheet with id: {sheet_id}")


def cell_too_long() -> ApiError:
    """More text than a cell takes."""
    return invalid(f"Your input contains more than the maximum of {MAX_CELL_TEXT} characters in a single cell.")


def too_many_cells() -> ApiError:
    """More cells than a spreadsheet takes."""
    return invalid(
        f"This action would increase the number of cells in the workbook above the limit of {MAX_CELLS} cells."
    )
