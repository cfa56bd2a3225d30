"""A loopback server that answers as ISTAT and the other sources do, and misbehaves on demand.

Messages are written here, in the forms of the SDMX standard (structure, CSV 1.0, JSON 1.0, structure-specific XML) and
of the Socrata services: none is copied from a live service.
"""

import contextlib
import json
import socket
import struct
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

STRUCTURE = "application/vnd.sdmx.structure+xml; version=2.1; charset=utf-8"
CSV = "application/vnd.sdmx.data+csv; version=1.0.0; charset=utf-8"
JSON = "application/vnd.sdmx.data+json; version=1.0.0"
XML = "application/vnd.sdmx.structurespecificdata+xml; version=2.1; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """What to answer: a body, or something that goes wrong."""

    body: bytes = b""
    kind: str = CSV
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0  # before answering
    cut: int | None = None  # bytes sent of those announced
    drop: bool = False  # the connection is closed without an answer
    ranges: bool = False  # can go on from a byte


@dataclass(frozen=True)
class Asked:
    when: float
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


class Server:
    """The server: ``give`` decides the answers of a path, in order; the last one is repeated."""

    def __init__(self, clock=time.monotonic):
        self.asked: list[Asked] = []
        self._replies: dict[str, list[Reply]] = defaultdict(list)
        self.answers = {}  # by path, a function from the query to a reply
        self._clock = clock
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer._answer(self)

            def log_message(self, *args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *problem):
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def give(self, path: str, *replies: Reply) -> None:
        self._replies[path] = list(replies)

    def given(self) -> list[str]:
        return list(self._replies)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        path = unquote(parts.path)
        self.asked.append(Asked(self._clock(), path, parse_qs(parts.query), dict(handler.headers)))
        replies = self._replies.get(path)
        if path in self.answers:
            replies = [self.answers[path](self.asked[-1].query)]
        reply = Reply(status=404, kind="text/plain") if not replies else replies[0]
        if replies and len(replies) > 1:
            replies.pop(0)
        time.sleep(reply.wait)
        with contextlib.suppress(OSError):
            self._send(handler, reply)

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.drop:
            _reset(handler.connection)
            handler.close_connection = True
            return
        body, status, headers = reply.body, reply.status, dict(reply.headers)
        wanted = handler.headers.get("Range")
        if reply.ranges and wanted and handler.headers.get("If-Range") == headers.get("ETag"):
            first = int(wanted.removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
            body, status = body[first:], 206
        handler.send_response(status)
        if reply.kind:
            handler.send_header("Content-Type", reply.kind)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body if reply.cut is None else body[: reply.cut])
        if reply.cut is not None:
            handler.wfile.flush()
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# -- messages -------------------------------------------------------------------------------------------------


def structure(flow: str, dsd: str, dimensions: list[str], version: str = "1.0") -> Reply:
    """A dataflow with its data structure definition, SDMX-ML 2.1."""
    listed = "".join(
        f'<str:Dimension id="{name}" position="{n}" urn="urn:sdmx:org.sdmx.infomodel.datastructure.Dimension='
        f'IT1:{dsd}({version}).{name}"><str:ConceptIdentity><Ref id="{name}" maintainableParentID="CONCETTI" '
        f'maintainableParentVersion="1.0" agencyID="IT1" package="conceptscheme" class="Concept"/>'
        f"</str:ConceptIdentity></str:Dimension>"
        for n, name in enumerate(dimensions, start=1)
    )
    text = f"""<?xml version="1.0" encoding="utf-8"?>
<mes:Structure xmlns:mes="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
 xmlns:str="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure"
 xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">
 <mes:Header><mes:ID>S1</mes:ID><mes:Test>false</mes:Test><mes:Prepared>2026-03-01T10:00:00</mes:Prepared>
 <mes:Sender id="IT1"/></mes:Header>
 <mes:Structures>
  <str:Dataflows><str:Dataflow id="{flow}" agencyID="IT1" version="{version}" isFinal="false">
   <com:Name xml:lang="it">Flusso di prova</com:Name>
   <str:Structure><Ref id="{dsd}" version="{version}" agencyID="IT1" package="datastructure" class="DataStructure"/>
   </str:Structure></str:Dataflow></str:Dataflows>
  <str:DataStructures><str:DataStructure id="{dsd}" agencyID="IT1" version="{version}" isFinal="false">
   <com:Name xml:lang="it">Struttura di prova</com:Name>
   <str:DataStructureComponents>
    <str:DimensionList id="DimensionDescriptor">{listed}
     <str:TimeDimension id="TIME_PERIOD" position="{len(dimensions) + 1}"><str:ConceptIdentity>
      <Ref id="TIME_PERIOD" maintainableParentID="CONCETTI" maintainableParentVersion="1.0" agencyID="IT1"
       package="conceptscheme" class="Concept"/></str:ConceptIdentity></str:TimeDimension>
    </str:DimensionList>
    <str:AttributeList id="AttributeDescriptor"><str:Attribute id="OBS_STATUS" assignmentStatus="Conditional">
     <str:ConceptIdentity><Ref id="OBS_STATUS" maintainableParentID="CONCETTI" maintainableParentVersion="1.0"
      agencyID="IT1" package="conceptscheme" class="Concept"/></str:ConceptIdentity>
     <str:AttributeRelationship><str:PrimaryMeasure><Ref id="OBS_VALUE"/></str:PrimaryMeasure>
     </str:AttributeRelationship></str:Attribute></str:AttributeList>
    <str:MeasureList id="MeasureDescriptor"><str:PrimaryMeasure id="OBS_VALUE"><str:ConceptIdentity>
     <Ref id="OBS_VALUE" maintainableParentID="CONCETTI" maintainableParentVersion="1.0" agencyID="IT1"
      package="conceptscheme" class="Concept"/></str:ConceptIdentity></str:PrimaryMeasure></str:MeasureList>
   </str:DataStructureComponents></str:DataStructure></str:DataStructures>
 </mes:Structures></mes:Structure>"""
    return Reply(text.encode(), STRUCTURE)


def csv(flow: str, dimensions: list[str], rows: list[tuple], status: str = "") -> Reply:
    """Observations as SDMX-CSV 1.0; a row is the codes, the period and the value."""
    head = ["DATAFLOW", *dimensions, "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS"]
    lines = [",".join(head), *(f"IT1:{flow}(1.0),{','.join(str(v) for v in row)},{status}" for row in rows)]
    return Reply(("\n".join(lines) + "\n").encode("utf-8-sig"), CSV)


def xml(dsd: str, dimensions: list[str], rows: list[tuple]) -> Reply:
    """Observations as structure-specific SDMX-ML 2.1, time series."""
    series: dict[tuple, list[tuple]] = defaultdict(list)
    for *codes, period, value in rows:
        series[tuple(codes)].append((period, value))
    body = "".join(
        "<Series "
        + " ".join(f'{name}="{code}"' for name, code in zip(dimensions, codes, strict=True))
        + ">"
        + "".join(f'<Obs TIME_PERIOD="{p}" OBS_VALUE="{v}"/>' for p, v in observations)
        + "</Series>"
        for codes, observations in series.items()
    )
    text = f"""<?xml version="1.0" encoding="utf-8"?>
<message:StructureSpecificData xmlns:message="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
 xmlns:common="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"
 xmlns:ss="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <message:Header><message:ID>D1</message:ID><message:Test>false</message:Test>
 <message:Prepared>2026-03-01T10:00:00</message:Prepared><message:Sender id="IT1"/>
 <message:Structure structureID="{dsd}" dimensionAtObservation="TIME_PERIOD"
  namespace="urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=IT1:{dsd}(1.0)">
  <common:Structure><Ref agencyID="IT1" id="{dsd}" version="1.0"/></common:Structure></message:Structure>
 </message:Header>
 <message:DataSet ss:structureRef="{dsd}" ss:dataScope="DataStructure" action="Replace">{body}</message:DataSet>
</message:StructureSpecificData>"""
    return Reply(text.encode(), XML)


def sdmx_json(dimensions: list[str], rows: list[tuple]) -> Reply:
    """Observations as SDMX-JSON 1.0, flat."""
    columns = [*dimensions, "TIME_PERIOD"]
    values = [list(dict.fromkeys(str(row[n]) for row in rows)) for n in range(len(columns))]
    observations = {":".join(str(values[n].index(str(row[n]))) for n in range(len(columns))): [row[-1]] for row in rows}
    message = {
        "meta": {"id": "J1", "prepared": "2026-03-01T10:00:00", "sender": {"id": "IT1"}},
        "data": {
            "dataSets": [{"action": "Information", "observations": observations}],
            "structure": {
                "name": "Flusso di prova",
                "dimensions": {
                    "dataSet": [],
                    "series": [],
                    "observation": [
                        {
                            "id": name,
                            "name": name,
                            "keyPosition": n,
                            "values": [{"id": value, "name": value} for value in values[n]],
                        }
                        for n, name in enumerate(columns)
                    ],
                },
                "attributes": {"dataSet": [], "series": [], "observation": []},
            },
        },
    }
    return Reply(json.dumps(message).encode(), JSON)


def records(rows: list[dict]) -> Reply:
    """A page of a Socrata dataset."""
    return Reply(json.dumps(rows, ensure_ascii=False).encode(), "application/json;charset=utf-8")
