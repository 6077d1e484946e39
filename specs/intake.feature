@speclive @critical @owner:maestro
Feature: Nobody but GitHub gets past the door

  Background:
    Given the function "app.main.guarded:taken_in"

  @spec-id:intake.unsigned
  Scenario: A webhook without a valid signature is refused, and nothing is known of it
    Given its signature is none of ours
      """expr
      matches == False
      """
    When it arrives
    Then it is refused
      """expr
      result['status'] == 401
      """
    And nothing of it is taken in
      """expr
      result['guid'] == '' and result['event'] == ''
      """

  @spec-id:intake.signed
  Scenario: A signed webhook is taken in as what GitHub calls it, or refused as none
    Given its signature is one of ours
      """expr
      matches == True
      """
    When it arrives
    Then it is taken in, or no webhook
      """expr
      result['status'] in (202, 400)
      """
    And it is called what its headers call it
      """expr
      result['status'] != 202 or result['event'] == headers['X-GitHub-Event']
      """
    And it has GitHub's name, or one that its content gives it
      """expr
      result['status'] != 202 or ('X-GitHub-Delivery' in headers and result['guid'] == headers['X-GitHub-Delivery']) or result['guid'][:7] == 'sha256:'
      """
    And of what is none nothing is known
      """expr
      result['status'] == 202 or (result['guid'] == '' and result['event'] == '')
      """
