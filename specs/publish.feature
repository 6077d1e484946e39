@speclive @critical @owner:maestro
Feature: What is done on GitHub is what was decided

  Each row is an effect of the one writer, app/publish. A test holds the rows against the model's list of actions.

  @spec-id:publish.outcome
  Scenario Outline: <effect> is performed, or there is one reason why it is not
    Given the task "app.main.guarded:Effects.<effect>"
    When it is carried out
    Then what is told is of this very action
      """expr
      result['action'] == action
      """
    And it is performed, or there is one reason why it is not
      """expr
      result['performed'] == (result['why'] == '') and result['why'] in ('', 'head_moved', 'taken', 'in_doubt', 'refused')
      """
    And it is told what GitHub has of it, which is nothing where it was not performed
      """expr
      (<has>) if result['performed'] else (result['remote'] is None and result['sha'] == '')
      """

    Examples:
      | effect | has |
      | WriteCheckRun       | result['remote'] is None and result['sha'] == '' |
      | BeginCheckRun       | result['remote'] is None and result['sha'] == '' |
      | FollowHead          | result['remote'] is None and result['sha'] == '' |
      | ForgetCheckRuns     | result['remote'] is None and result['sha'] == '' |
      | RetireCheckRuns     | result['remote'] is None and result['sha'] == '' |
      | EndCheckRuns        | result['remote'] is None and result['sha'] == '' |
      | WriteCard           | result['remote'] is None and result['sha'] == '' |
      | React               | result['remote'] is None and result['sha'] == '' |
      | Reply               | result['remote'] is None and result['sha'] == '' |
      | Tell                | result['remote'] is None and result['sha'] == '' |
      | WriteBranch         | result['remote'] is None and len(result['sha']) == 40 |
      | MoveBranch          | result['remote'] is None and result['sha'] == action.sha |
      | DeleteBranch        | result['remote'] is None and result['sha'] == '' |
      | OpenPullRequest     | result['remote'] > 0 and result['sha'] == '' |
      | FindPullRequest     | (result['remote'] is None or result['remote'] > 0) and result['sha'] == '' |
      | EditPullRequest     | result['remote'] == action.number and result['sha'] == '' |
      | ClosePullRequest    | result['remote'] == action.number and result['sha'] == '' |
      | UpdateBranch        | result['remote'] is None and result['sha'] == '' |
      | MakeDraft           | result['remote'] is None and result['sha'] == '' |
      | AddLabel            | result['remote'] is None and result['sha'] == '' |
      | Mention             | result['remote'] > 0 and result['sha'] == '' |
      | AssignIssue         | result['remote'] > 0 and result['sha'] == '' |
      | OpenIssue           | result['remote'] > 0 and result['sha'] == '' |
      | EditIssue           | result['remote'] == action.number and result['sha'] == '' |
      | CloseIssue          | result['remote'] == action.number and result['sha'] == '' |
      | DispatchWorkflow    | (result['remote'] is None or result['remote'] > 0) and result['sha'] == '' |
      | DispatchRepository  | (result['remote'] is None or result['remote'] > 0) and result['sha'] == '' |
      | RerunFailed         | result['remote'] == action.run and result['sha'] == '' |
      | RerequestCheck      | result['remote'] == action.run and result['sha'] == '' |
      | SetDeploymentStatus | result['remote'] > 0 and result['sha'] == '' |

  @spec-id:publish.own-branches
  Scenario Outline: <effect> leaves the branches of others alone
    Given the task "app.main.guarded:Effects.<effect>"
    When it is carried out
    Then it is a branch of ours, or nothing was done
      """expr
      action.branch[:8] == 'maestro/' or not result['performed']
      """

    Examples:
      | effect       |
      | WriteBranch  |
      | DeleteBranch |

  @spec-id:publish.order
  Scenario: A batch is carried out in its order, up to the first action that is stopped
    Given the function "app.publish.publisher:Publisher.perform"
    When it is carried out
    Then no more became of it than was asked for
      """expr
      len(result) <= len(actions) and (len(result) > 0 or len(actions) == 0)
      """
    And the first and the last outcome are of the actions in their places
      """expr
      len(result) == 0 or (result[0].action == actions[0] and result[-1].action == actions[len(result) - 1])
      """
