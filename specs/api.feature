@speclive @critical @owner:maestro
Feature: Whoever writes to us gets one of the answers that there are

  Each row is a route that changes something. A test holds the rows against the routes of the application.

  @spec-id:api.answer
  Scenario Outline: <route> is answered as it is documented
    Given the endpoint "<route>"
    When something is sent
    Then the answer is one of those that there are
      """expr
      result['status'] in (<answers>)
      """
    And what was taken in is told
      """expr
      result['status'] >= 300 or (<told>)
      """
    And whoever is refused learns why, and nothing else
      """expr
      result['status'] not in (401, 403) or (len(result['body']) == 1 and len(result['body']['error']) > 0)
      """
    And any other answer that is none says what is wrong
      """expr
      result['status'] < 400 or result['status'] in (401, 403) or len(result['body']) > 0
      """

    Examples:
      | route | answers | told |
      | POST /webhook                                    | 202, 400, 401, 413, 503 | len(result['body']['delivery']) > 0 and result['body']['known'] in (True, False) |
      | POST /api/measurements                           | 202, 400, 401, 403, 413, 422, 503 | len(result['body']['repository']) > 0 and len(result['body']['sha']) > 0 and result['body']['stored'] >= 0 |
      | POST /api/usage                                  | 202, 400, 401, 403, 409, 413, 422, 503 | len(result['body']['repository']) > 0 and result['body']['stored'] > 0 |
      | POST /api/sbom                                   | 200, 202, 400, 401, 403, 409, 413, 422, 503 | len(result['body']['repository']) > 0 and len(result['body']['sha']) > 0 |
      | POST /api/series                                 | 202, 400, 401, 403, 413, 503 | len(result['body']['repository']) > 0 and result['body']['stored'] >= result['body']['new'] and result['body']['new'] >= 0 |
      | POST /api/experiments                            | 200, 201, 400, 401, 403, 413, 422, 503 | result['body']['experiment'] > 0 and len(result['body']['status']) > 0 |
      | POST /api/experiments/{experiment}/ticks         | 200, 202, 400, 401, 403, 404, 409, 413, 503 | result['body']['ended'] in (True, False) |
      | POST /api/experiments/{experiment}/shadow        | 200, 202, 400, 401, 403, 404, 409, 413, 503 | result['body']['ended'] in (True, False) |
      | POST /api/experiments/{experiment}/stop          | 200, 400, 401, 403, 404, 413, 503 | result['body']['experiment'] > 0 and len(result['body']['status']) > 0 |
      | POST /api/drift/{module}                         | 202, 400, 401, 403, 404, 409, 413, 422, 503 | result['body']['features'] >= 0 |
      | POST /api/drift/{module}/reference               | 201, 400, 401, 403, 404, 409, 413, 422, 503 | len(result['body']['module']) > 0 |
      | POST /api/speclive/reports                       | 202, 400, 401, 403, 409, 413, 422, 429, 503 | result['body']['stored'] in (True, False) |
      | PUT /api/speclive/config                         | 200, 400, 401, 403, 413, 503 | result['body']['off'] in (True, False) |
      | POST /api/commands                               | 202, 400, 401, 403, 404, 409, 413, 415, 429, 503 | len(result['body']['action']) > 0 and result['body']['state'] == 'pending' and result['body']['follow'] == '/api/commands/' + result['body']['action'] |
      | POST /api/decision/alt                           | 202, 400, 401, 403, 404, 409, 413, 415, 429, 503 | len(result['body']['action']) > 0 and result['body']['state'] == 'pending' and result['body']['follow'] == '/api/commands/' + result['body']['action'] |
      | POST /api/decision/tests                         | 202, 400, 401, 403, 404, 409, 413, 415, 429, 503 | len(result['body']['action']) > 0 and result['body']['state'] == 'pending' and result['body']['follow'] == '/api/commands/' + result['body']['action'] |
      | POST /api/release/rollback                       | 202, 400, 401, 403, 404, 409, 413, 415, 429, 503 | len(result['body']['action']) > 0 and result['body']['state'] == 'pending' and result['body']['follow'] == '/api/commands/' + result['body']['action'] |
      | POST /api/pair/code                              | 201, 401, 403, 503 | len(result['body']['code']) > 0 and result['body']['until'] > 0 |
      | POST /api/pair                                   | 201, 400, 403, 404, 413, 429, 503 | len(result['body']['token']) > 0 and len(result['body']['login']) > 0 and result['body']['until'] > 0 |
      | POST /api/sessions/revoke                        | 200, 400, 401, 403, 404, 413, 503 | len(result['body']['sessions']) >= 0 |
      | POST /logout                                     | 204, 401, 403, 503 | result['body'] is None |
      | POST /api/simulate/{owner}/{repo}/{number} | 200, 400, 401, 403, 404, 413, 429, 502, 503 | result['body'] is not None |
      | POST /api/validate                               | 200, 400, 413, 422 | result['body']['valid'] == True |

  @spec-id:api.nobody
  Scenario Outline: Nobody sends to <route> without saying who they are
    Given the endpoint "<route>"
    And they do not say it
      """expr
      'authorization' not in headers and 'cookie' not in headers
      """
    When something is sent
    Then nothing is taken in
      """expr
      result['status'] in (401, 403, 415)
      """

    Examples:
      | route |
      | POST /api/measurements                           |
      | POST /api/usage                                  |
      | POST /api/sbom                                   |
      | POST /api/series                                 |
      | POST /api/experiments                            |
      | POST /api/experiments/{experiment}/ticks         |
      | POST /api/experiments/{experiment}/shadow        |
      | POST /api/experiments/{experiment}/stop          |
      | POST /api/drift/{module}                         |
      | POST /api/drift/{module}/reference               |
      | POST /api/speclive/reports                       |
      | PUT /api/speclive/config                         |
      | POST /api/commands                               |
      | POST /api/decision/alt                           |
      | POST /api/decision/tests                         |
      | POST /api/release/rollback                       |
      | POST /api/pair/code                              |
      | POST /api/sessions/revoke                        |
      | POST /logout                                     |
      | POST /api/simulate/{owner}/{repo}/{number} |

  @spec-id:api.unsigned
  Scenario: A webhook without a signature is refused
    Given the endpoint "POST /webhook"
    And it is not signed
      """expr
      'x-hub-signature-256' not in headers
      """
    When it is sent
    Then it is refused
      """expr
      result['status'] in (401, 413)
      """
