"""Documents that together use the whole language, and a catalog of two node types."""

from __future__ import annotations

from typing import Any

HEAD = """\
document: {dsl: '1.0.3', namespace: shop, name: sample, version: '1.0.0'}
"""

FLOW = """\
document:
  dsl: '1.0.3'
  namespace: shop
  name: order-flow
  version: 1.2.0-rc.1
  title: Order flow
  summary: Every task that steers.
  tags: {team: orders}
  metadata: {cost: 12}
input:
  schema: {format: json, document: {type: object, required: [items], properties: {items: {type: array}}}}
  from: .order
output: {as: {total: '${ .total }'}}
timeout: day
evaluate: {language: jq, mode: strict}
schedule:
  cron: '*/10 8-18 * * mon-fri'
use:
  timeouts: {day: {after: P1D}}
  errors: {soldOut: {type: 'https://shop.example/errors/sold-out', status: 409, title: Sold out}}
  retries:
    patient:
      delay: PT1S
      backoff: {exponential: {}}
      limit: {attempt: {count: 5, duration: PT1M}, duration: {hours: 1}}
do:
  - each:
      for: {each: part, in: .items, at: i, concurrency: 4, maxIterations: 100}
      while: $i < 50
      do:
        - price: {set: {price: '${ $part.price * 2 }'}, export: {as: '$context + {last: $part}'}}
  - sides:
      if: .count > 1
      fork:
        compete: true
        limit: 2
        branches:
          - fast: {wait: PT1S, then: end}
          - slow: {wait: {seconds: 2, milliseconds: 500}}
  - guarded:
      try:
        - risky: {raise: {error: soldOut}}
      catch:
        errors: {with: {status: 409}}
        as: problem
        when: $problem.status == 409
        retry: patient
        do:
          - note: {set: {seen: '${ $problem.title }'}}
      finally:
        - close: {set: {closed: true}}
  - choose:
      switch:
        - big: {when: .total > 100, then: last}
        - default: {then: exit}
  - inner:
      timeout: {after: PT5S}
      do:
        - wait: {wait: '${ .delay }'}
      metadata: {note: nothing}
  - last: {set: '${ . }', then: end}
"""

EVENTS = """\
document: {dsl: '1.0.3', namespace: shop, name: events, version: '1.0.0'}
schedule:
  on:
    any:
      - with: {type: com.shop.order.placed.v1, region: eu}
    until: {one: {with: {type: com.shop.closed.v1}}}
do:
  - say:
      emit:
        event:
          with: {source: 'https://shop.example', type: com.shop.said.v1, data: {a: '${ .a }'}, tenant: t1}
  - hear:
      listen:
        to:
          all:
            - with: {type: com.shop.paid.v1, data: '${ .amount > 1 }'}
              correlate: {order: {from: .data.orderId, expect: '${ .id }'}}
        read: envelope
      foreach:
        item: event
        at: n
        do:
          - keep: {set: {id: '${ $event.id }'}}
        output: {as: '.id + $n'}
        export: {as: $context}
  - hearAny:
      listen: {to: {any: [], until: '( . | length ) > 3'}}
  - hearOne:
      listen: {to: {one: {with: {source: 'https://shop.example/.*'}}}}
"""

CALLS = """\
document: {dsl: '1.0.3', namespace: shop, name: calls, version: '1.0.0'}
use:
  secrets: [login, key]
  authentications:
    token: {bearer: {token: '${ $secrets.key }'}}
    kept: {basic: {use: login}}
  catalogs: {public: {endpoint: {uri: 'https://catalog.example', authentication: {use: kept}}}}
  functions:
    fetch: {call: http, with: {method: get, endpoint: 'https://shop.example/{id}'}}
  extensions:
    - audit: {extend: all, when: $task.name != "x", before: [{note: {set: {a: 1}}}], after: [{done: {set: {b: 1}}}]}
do:
  - get:
      call: http
      with:
        method: get
        endpoint:
          uri: https://shop.example/orders/{id}
          authentication:
            oauth2:
              authority: https://login.example
              grant: client_credentials
              client: {id: me, secret: '${ $secrets.key }', authentication: client_secret_basic}
              endpoints: {token: /token}
              scopes: [read]
        headers: {accept: application/json, x-tries: 3}
        query: ${ .query }
        output: response
        redirect: true
  - mine: {call: fetch, with: {id: 3}}
  - catalogued: {call: 'log:1.0.0@public', with: {message: hi}}
  - fetched: {call: 'https://functions.example/log/function.yaml'}
  - api:
      call: openapi
      with: {document: {endpoint: 'https://shop.example/openapi.json'}, operationId: find, parameters: {status: open}}
  - rpc:
      call: grpc
      with:
        proto: {endpoint: 'file://shop.proto'}
        service: {name: Shop.Orders, host: localhost, port: 5000}
        method: Find
        arguments: {id: '${ .id }'}
  - queue:
      call: asyncapi
      with:
        document: {endpoint: 'https://shop.example/asyncapi.json'}
        operation: hear
        protocol: kafka
        subscription:
          filter: .ok
          consume: {amount: 5, for: PT10S}
          foreach: {item: message, do: [{keep: {set: {m: '${ $message }'}}}]}
  - publish:
      call: asyncapi
      with:
        document: {endpoint: 'https://shop.example/asyncapi.json'}
        channel: /orders
        server: {name: main, variables: {env: dev}}
        message: {payload: {id: 1}, headers: {a: b}}
  - tools:
      call: mcp
      with:
        method: tools/call
        parameters: {name: search}
        timeout: PT30S
        transport: {stdio: {command: search, arguments: [--fast], environment: {KEY: '${ $secrets.key }'}}}
        client: {name: shop, version: '1.0'}
  - ask:
      call: a2a
      with: {method: message/send, agentCard: {endpoint: 'https://agent.example/card.json'}, parameters: {message: {}}}
  - agent: {call: agent, with: {model: small, prompt: '${ .question }', turns: '${ .turns }'}}
  - anything: {call: free, with: {whatever: 1}}
"""

PROCESSES = """\
document: {dsl: '1.0.3', namespace: shop, name: processes, version: '1.0.0'}
do:
  - box:
      run:
        container:
          image: alpine
          command: echo hi
          ports: {8080: 80}
          volumes: {/data: /srv}
          environment: {A: b, N: 1}
          arguments: [a]
          stdin: ${ . }
          lifetime: {cleanup: eventually, after: PT1M}
          pullPolicy: always
        return: all
  - code:
      run: {script: {language: python, code: 'print(1)', environment: {A: b}}, await: false}
  - source:
      run: {script: {language: js, source: {endpoint: 'https://shop.example/a.js'}}}
  - shell:
      run: {shell: {command: ls, arguments: [-l]}, return: code}
  - child:
      run: {workflow: {namespace: shop, name: other, version: '1.0.0', input: {id: '${ .id }'}}}
"""

ALL = {"flow": FLOW, "events": EVENTS, "calls": CALLS, "processes": PROCESSES}

AGENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Asks a model.",
    "required": ["model", "prompt"],
    "additionalProperties": False,
    "properties": {
        "model": {"$ref": "#/$defs/Model"},
        "prompt": {"type": "string", "minLength": 3},
        "turns": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
        "tool": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["kind"],
                    "properties": {"kind": {"const": "web"}, "n": {"type": "integer"}},
                },
                {"type": "object", "required": ["kind", "path"], "properties": {"kind": {"const": "file"}}},
            ]
        },
    },
    "$defs": {"Model": {"enum": ["small", "large"]}},
}


class NodeTypes:
    """The node types `agent` and `free`."""

    def names(self) -> list[str]:
        return ["agent", "free"]

    def with_schema(self, name: str) -> dict[str, Any] | None:
        return AGENT_SCHEMA if name == "agent" else None

    def description(self, name: str) -> str:
        return f"Does what {name} does."
