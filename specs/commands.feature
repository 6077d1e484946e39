@speclive @critical @owner:maestro
Feature: Nobody has done what they may not

  @spec-id:role.check
  Scenario: Whoever asks is allowed, or told why not
    Given the task "app.main.guarded:role_checked"
    When a command is asked for
    Then there is a reason where it is declined, and only there
      """expr
      result['allowed'] == (result['reason'] == '') and len(result['reason']) >= 0
      """
    And the one who is allowed is the one who asked
      """expr
      result['who'] == asked.cause.who
      """

  @spec-id:role.enough
  Scenario Outline: What takes `<role>` is done for nobody who has less
    Given the task "app.main.guarded:role_checked"
    And the command takes that role
      """expr
      verb.role == '<role>'
      """
    When a command is asked for
    Then it is declined, or their role is enough
      """expr
      result['role'] in <enough> or (not result['allowed'] and result['role'] == '')
      """

    Examples:
      | role     | enough                                           |
      | read     | ('read', 'triage', 'write', 'maintain', 'admin') |
      | write    | ('write', 'maintain', 'admin')                   |
      | maintain | ('maintain', 'admin')                            |
      | admin    | ('admin',)                                       |

  @spec-id:rollback.by-hand
  Scenario: A change is taken back for a maintainer who named it, and it is told how it stood and stands
    Given the task "app.main.guarded:rolled_back"
    When it is carried out
    Then whoever asked may
      """expr
      asked.cause.role in ('maintain', 'admin')
      """
    And a comment has named the commit
      """expr
      asked.trigger.surface != 'comment' or len(asked.shas) > 0
      """
    And it is said what came of it, or why nothing was done
      """expr
      len(result['said']) > 0
      """
    And where it served is told as before and after alike
      """expr
      (result['before'] == '') == (result['after'] == '') and (result['done'] or result['before'] == '')
      """
    And what was declined has changed nothing
      """expr
      result['done'] or result['said'][:8] != 'workflow'
      """
