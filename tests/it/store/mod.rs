//! The store's contract: one list of tests, run on SQLite and on PostgreSQL. Beside it, what concerns
//! one database alone, and the tables of both.

mod accounts;
mod act_rules;
mod acts;
mod audit;
mod ceiling;
mod claims;
mod commits;
mod crowds;
mod files;
mod floods;
mod frozen;
mod intake;
mod joins;
mod limits;
mod links;
mod make;
mod messages;
mod moments;
mod outsiders;
mod ownership;
mod places;
mod plans;
mod programs;
mod quarantine;
mod queue;
mod queue_found;
mod reads;
mod receipts;
mod restored;
mod schema;
mod views;
mod world;

/// Each test takes a world with an empty store, and runs once on each database.
macro_rules! contract {
    ($($module:ident: $($name:ident),* ;)*) => {
        mod on_sqlite {
            $($(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$module::$name(super::world::World::sqlite().await).await;
            })*)*
        }
        mod on_postgres {
            $($(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$module::$name(super::world::World::postgres().await).await;
            })*)*
        }
    };
}

contract! {
    programs:
        a_token_is_found_by_its_hash_until_it_ends,
        a_request_is_begun_by_one_of_many,
        old_answers_are_forgotten_without_a_new_request,
        no_start_and_no_stop_is_a_try_or_makes_one_due,
        a_webhook_of_another_node_is_kept_until_no_node_has_named_it_for_a_day,
        what_another_node_told_is_not_told_again,
        failures_of_days_are_days_of_tries_and_end_when_nothing_waits,
        what_waits_by_a_clock_that_was_set_back_is_told_soon,
        a_webhook_is_told_what_is_chained_once_and_in_one_place;
    accounts:
        an_account_is_added_once_and_changed_by_name,
        a_session_is_its_accounts_and_ends_with_it,
        what_a_program_asks_keeps_no_session_alive,
        somebody_of_the_provider_is_known_by_its_own_name_for_them,
        tries_are_exact_and_grow_old,
        a_step_of_codes_is_used_once,
        one_outage_is_open_at_a_time,
        the_audit_log_is_read_by_person_event_time_and_ticket_in_pages;
    act_rules:
        whoever_we_wrote_to_is_heard_whatever_people_think_of_the_first_mail,
        a_merge_is_to_the_other_ticket_as_if_a_mail_had_come,
        mails_that_come_with_another_ticket_are_seen_however_old_they_are,
        a_merged_ticket_comes_out_with_what_was_put_into_it,
        a_merged_ticket_comes_out_with_what_was_put_into_that_in_its_turn,
        an_override_that_cannot_be_read_is_counted_and_hides_no_other,
        what_an_owner_says_ends_every_lift_and_act_of_their_account,
        nobody_approves_with_a_second_account_of_theirs,
        who_may_not_act_any_more_approves_and_carries_out_nothing,
        a_store_from_a_backup_does_nothing_twice,
        an_act_that_is_another_one_by_now_is_not_ended,
        what_was_set_aside_is_kept_until_a_mail_comes;
    acts:
        a_form_posted_twice_is_one_act_and_it_is_due_when_its_time_is_over,
        what_was_taken_back_is_not_carried_out_and_what_was_carried_out_is_not_taken_back,
        an_act_whose_person_has_not_seen_a_mail_is_not_carried_out,
        whoever_saw_an_older_ticket_is_told_what_came_since,
        of_two_who_take_a_ticket_the_second_is_told_and_a_note_is_never_refused,
        an_override_needs_another_person_who_saw_the_same,
        an_override_that_was_declined_changed_or_late_is_over,
        tickets_put_together_are_read_together_and_the_older_one_gets_what_comes_later,
        nothing_is_put_together_with_a_ticket_that_is_over,
        phishing_is_kept_and_never_answered,
        a_ticket_by_hand_is_made_once_with_its_note_and_is_its_makers,
        a_draft_is_one_a_person_and_ends_with_the_reply,
        of_twenty_who_act_at_once_one_is_kept_and_an_unreadable_act_hides_no_other,
        a_clock_that_was_set_back_lets_no_act_wait_for_long,
        a_freeze_that_was_set_aside_counts_again_when_its_owner_says_so_again;
    places:
        a_filed_mail_has_its_place_if_the_server_told,
        tries_in_a_folder_are_not_those_of_the_inbox,
        places_of_another_account_are_put_aside_and_those_of_an_inbox_made_again_stay,
        a_mark_is_amended_in_its_own_folder_alone,
        a_mail_that_is_found_is_known_by_its_content_or_makes_a_ticket,
        two_sweeps_that_find_the_same_mail_make_one_ticket,
        copies_of_a_mail_get_a_place_each,
        a_mail_kept_unread_is_found_by_its_octets_in_its_own_mailbox,
        a_mail_that_is_gone_is_said_once_and_never_of_one_that_is_kept;
    intake:
        a_mark_is_kept_and_the_first_one_stays,
        tries_are_counted_before_the_fetch_and_can_be_taken_back,
        a_new_uidvalidity_begins_new_entries,
        what_an_earlier_version_kept_is_the_same_mail,
        a_file_name_that_is_used_again_brings_another_mail,
        kept_mails_wait_for_their_move_and_then_leave_the_ledger,
        a_mail_makes_a_ticket_with_the_next_number_of_its_year,
        the_same_place_is_known_and_equal_content_is_a_duplicate,
        duplicates_and_replies_within_one_batch_find_each_other,
        what_postgres_cannot_keep_in_a_text_stops_no_mail,
        a_batch_that_fails_leaves_nothing_behind,
        an_address_gets_one_acknowledgement_an_hour;
    joins:
        a_reply_to_a_kept_mail_joins_its_ticket,
        a_reply_to_our_own_mail_joins_only_from_whom_it_went_to,
        a_tag_counts_only_from_the_requester,
        a_forged_mail_joins_nobodys_ticket,
        a_machines_mail_joins_nothing,
        a_reply_answers_a_question_and_opens_what_was_over,
        a_reply_during_a_decision_is_read_by_a_new_one,
        a_reply_during_a_delivery_opens_the_ticket_when_that_is_over,
        the_own_mail_wins_when_a_message_id_was_copied,
        a_reply_opens_what_was_over_once;
    links:
        a_mail_that_names_anothers_ticket_is_linked_and_changes_nothing_there,
        a_number_or_message_id_that_nobody_has_links_to_nothing,
        an_own_ticket_goes_before_a_link_and_an_acknowledgement_is_for_every_ticket,
        whoever_we_wrote_to_about_a_ticket_may_answer_there;
    ownership:
        no_mail_of_another_person_changes_somebodys_ticket;
    floods:
        thirty_mails_of_an_hour_are_handled_and_the_next_ones_are_kept_together,
        an_hour_is_counted_by_the_times_when_mails_came,
        a_floods_ticket_lasts_for_an_hour_after_its_last_mail,
        a_forger_floods_for_himself_and_a_flood_is_one_address_own,
        machines_flood_apart_from_people_and_are_filed,
        a_flood_while_the_automation_observes_is_observed,
        a_server_with_a_wrong_clock_does_not_make_a_flood_last_for_ever;
    outsiders:
        a_mail_that_names_thousands_is_placed_at_once,
        tags_make_no_new_address_for_a_flood,
        mails_without_one_address_are_no_flood,
        copies_are_kept_a_few_times_and_then_only_linked,
        a_crowd_of_unreadable_mails_is_kept_together_for_each_mailbox,
        what_is_let_out_of_a_crowd_leaves_the_others_there;
    claims:
        due_tickets_are_claimed_oldest_first_and_once,
        a_lease_that_ran_out_is_told_and_its_fence_is_lost,
        a_released_ticket_is_due_when_it_was_said,
        what_happens_under_a_lease_keeps_the_ticket_due,
        a_row_that_cannot_be_read_stops_no_other,
        what_waits_is_woken_when_the_clock_was_set_back,
        freed_leases_can_be_claimed_and_are_still_told,
        the_next_due_time_waits_for_leases;
    crowds:
        eight_claimers_share_a_thousand_tickets_without_a_double,
        numbers_have_no_gap_when_many_keep_mails_at_once,
        two_programs_on_one_mailbox_never_wait_for_each_other,
        of_many_racing_commits_for_one_account_one_wins,
        one_mail_in_two_mailboxes_at_once_makes_one_ticket,
        the_chain_keeps_its_order_under_many_writers_and_sealers;
    commits:
        a_commit_moves_everything_at_once,
        a_commit_with_an_old_fence_or_state_changes_nothing,
        an_account_has_one_live_ticket,
        a_sealed_password_is_replaced_erased_and_expires,
        an_intent_is_begun_once_and_ended,
        the_time_of_settling_is_kept_while_the_ticket_stands_still,
        a_pickup_hash_opens_its_ticket_in_place_of_the_one_before;
    messages:
        a_message_is_sent_once_and_again_only_when_it_is_said,
        a_lost_fence_neither_begins_nor_ends_a_message,
        an_answer_names_the_newest_mail_of_a_person,
        a_message_is_in_the_audit_log_before_and_after_it_leaves,
        a_message_that_was_begun_and_never_ended_says_so_and_when_one_left_is_known;
    limits:
        an_address_gets_three_acknowledgements_a_day_until_a_person_acts,
        a_clock_that_was_wrong_silences_nobody,
        of_many_questions_at_once_one_is_asked,
        a_mail_that_comes_back_before_its_sending_has_ended_is_told_all_the_same;
    ceiling:
        of_twenty_that_begin_at_once_no_more_than_each_limit_do,
        a_window_is_exact_at_its_edges,
        of_twenty_texts_at_once_no_more_than_the_cap_begin_and_people_are_told_once,
        a_warning_waits_for_the_cap_too,
        what_surely_left_nothing_counts_for_nothing_and_everything_else_does,
        what_left_by_mail_counts_and_a_changed_password_for_its_account_alone,
        a_text_is_kept_for_whom_it_is_owed_and_a_link_goes_with_its_warning,
        a_clock_that_was_set_back_keeps_what_counts_within_its_window,
        a_pause_never_undoes_what_a_person_turned_and_tells_once,
        after_a_persons_word_the_desk_counts_anew;
    queue:
        open_tickets_come_by_reason_then_urgency_then_age_page_by_page,
        one_address_has_one_row_of_a_reason,
        each_pile_lists_what_the_counters_count,
        a_ticket_that_was_over_waits_from_when_it_came_back,
        the_version_changes_with_every_change_of_the_queue,
        alike_texts_are_told_in_the_order_of_the_queue,
        a_ticket_with_unknown_words_hides_no_other;
    queue_found:
        a_ticket_is_found_by_words_of_its_mails_and_their_beginnings,
        whoever_looks_for_somebody_is_in_the_audit_log,
        a_list_shows_the_newest_text_of_a_person,
        what_is_let_out_of_quarantine_is_shown_and_found,
        tickets_of_earlier_versions_are_listed_and_found;
    frozen:
        a_freeze_is_lifted_by_two_people_who_may_and_saw_the_same,
        a_text_counts_once_however_many_gateways_were_tried,
        an_account_is_frozen_once_until_a_person_lifts_it,
        what_is_urgent_comes_first_while_it_is_open,
        who_answers_the_notice_of_a_change_comes_before_others,
        an_owner_who_writes_anew_and_names_the_ticket_of_a_change_comes_before_others,
        an_account_with_too_many_wrong_phones_is_listed_and_lifted_like_any_other;
    restored:
        what_is_under_way_in_a_store_from_a_backup_is_held_once,
        a_mail_that_somebody_moves_by_day_holds_nothing,
        after_a_restore_nothing_turns_the_automation_on_by_itself_and_people_are_told,
        in_doubt_deliveries_are_held_and_new_requests_are_not;
    quarantine:
        the_quarantine_lists_what_could_not_be_read_with_its_tries,
        a_mail_in_quarantine_whose_ticket_cannot_be_read_is_named_and_hides_no_other,
        a_mail_that_is_let_out_is_due_like_one_that_has_just_come,
        a_reply_that_is_let_out_joins_its_ticket,
        a_copy_that_is_let_out_is_linked_to_its_original,
        a_mail_that_is_let_out_claims_no_ticket_and_starts_no_flood;
    receipts:
        a_receipt_is_kept_by_key_and_wakes_its_ticket,
        a_receipt_before_the_outcome_is_found_by_its_reference,
        a_reference_that_is_given_again_brings_no_receipt_of_an_earlier_text,
        nothing_undoes_a_delivery,
        another_gateways_receipt_fits_nothing,
        a_messages_receipt_is_kept_and_makes_it_due_while_it_waits,
        a_text_that_failed_before_its_outcome_was_kept_counts_for_nothing;
    reads:
        history_counts_days_and_hours,
        tickets_are_listed_in_order_and_filtered,
        a_ticket_that_cannot_be_read_hides_no_other,
        a_value_that_cannot_be_read_hides_no_other_row,
        mails_come_back_as_they_came,
        the_switch_holds_until_its_end,
        the_probe_writes_and_reads,
        no_column_holds_a_phone;
    views:
        a_tickets_page_has_its_mails_and_what_happened,
        a_mail_is_opened_only_for_its_own_ticket_and_within_the_limit,
        tickets_that_name_each_other_are_told_on_both,
        what_left_is_told_with_its_receipt,
        a_look_is_told_once_an_hour_for_each_person_and_ticket;
    audit:
        a_chain_grows_in_parts_and_is_whole,
        every_kind_of_tampering_is_found,
        a_sealer_does_not_heal_a_cut_chain,
        a_missing_key_is_named,
        a_row_that_is_committed_late_is_chained_late;
}
