/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one list of metrics: enumerator, name, type, help. report/page.c prints by it, docs/metrics.md is held against it by a test. Names by the
 * conventions of Prometheus (base units, _total for counters only); help without a newline or a backslash.
 */
#ifndef REPORT_METRIC_LIST_H
#define REPORT_METRIC_LIST_H

#define VG_METRIC_LIST(X) \
	X(VG_METRIC_BUILD, "vipguard_build_info", GAUGE, "Which vipguard this is; always 1.") \
	X(VG_METRIC_MODE, "vipguard_mode", GAUGE, "1 for the mode that the guard is in, 0 for the other.") \
	X(VG_METRIC_READY, "vipguard_ready", GAUGE, "1 since hooks were attached and what is known was complete and fresh for the first time.") \
	X(VG_METRIC_SUSPENDED, "vipguard_suspended", GAUGE, "1 while the mode is enforce and nothing is acted on: paused, or the source is stale.") \
	X(VG_METRIC_PAUSE, "vipguard_pause_remaining_seconds", GAUGE, "What is left of a pause; 0 if there is none.") \
	X(VG_METRIC_HELD, "vipguard_breaker_held_addresses", GAUGE, "Addresses that the breaker holds until vipguard resume.") \
	X(VG_METRIC_FEATURE_NEEDED, "vipguard_feature_needed", GAUGE, \
	  "1 if this feature of the kernel is used, 0 for a fallback that is not needed.") \
	X(VG_METRIC_FEATURE_AVAILABLE, "vipguard_feature_available", GAUGE, "1 if this feature of the kernel works.") \
	X(VG_METRIC_LINKS, "vipguard_guarded_links", GAUGE, "Links whose outgoing frames are judged, by what judges them.") \
	X(VG_METRIC_BINDS, "vipguard_binds_total", COUNTER, \
	  "Binds of addresses judged; one that is judged anew after a change, and by it otherwise than before, counts again.") \
	X(VG_METRIC_UNBINDS, "vipguard_unbinds_total", COUNTER, "Addresses that went from a link, judged.") \
	X(VG_METRIC_ANNOUNCEMENTS, "vipguard_announcements_total", COUNTER, "ARP and NDP frames judged that claim an address.") \
	X(VG_METRIC_BOUND, "vipguard_bound_addresses", GAUGE, "Addresses bound here now, by what was said of them last.") \
	X(VG_METRIC_VIP, "vipguard_vip_bound", GAUGE, "1 for each address bound here now that is not unrelated (only with --metrics-vips).") \
	X(VG_METRIC_VIPS_LEFT_OUT, "vipguard_vip_bound_left_out", GAUGE, "Addresses that vipguard_vip_bound has no room for.") \
	X(VG_METRIC_BIND_SEEN, "vipguard_bind_seen_total", COUNTER, "Inserts of addresses seen by a hook or by rtnetlink.") \
	X(VG_METRIC_BIND_DENIED, "vipguard_bind_denied_total", COUNTER, "Binds that the kernel refused.") \
	X(VG_METRIC_BIND_WOULD_DENY, "vipguard_bind_would_deny_total", COUNTER, "Binds that enforce would have refused.") \
	X(VG_METRIC_BIND_REMOVED, "vipguard_bind_removed_total", COUNTER, "Binds that were removed.") \
	X(VG_METRIC_BIND_REMOVE_REFUSED, "vipguard_bind_remove_refused_total", COUNTER, \
	  "Removals not made because they would have taken another address along.") \
	X(VG_METRIC_BIND_REMOVE_FAILED, "vipguard_bind_remove_failed_total", COUNTER, "Removals that failed.") \
	X(VG_METRIC_ANNOUNCE_SEEN, "vipguard_announce_seen_total", COUNTER, "Frames that claim any address.") \
	X(VG_METRIC_ANNOUNCE_JUDGED, "vipguard_announce_judged_total", COUNTER, "Of these, frames whose address is a VIP and not protected.") \
	X(VG_METRIC_ANNOUNCE_DROPPED, "vipguard_announce_dropped_total", COUNTER, "Frames that were dropped.") \
	X(VG_METRIC_ANNOUNCE_FORWARDED, "vipguard_announce_forwarded_total", COUNTER, "Frames of other hosts that this node passed on, not judged.") \
	X(VG_METRIC_ANNOUNCE_PAST, "vipguard_announce_past_total", COUNTER, "Frames judged that left past the filters, where nothing drops.") \
	X(VG_METRIC_DISPLACED, "vipguard_displaced_total", COUNTER, "Times that the filter was taken off a link or overtaken, and put back.") \
	X(VG_METRIC_INACTIVE, "vipguard_inactive_total", COUNTER, "Violations let pass after the deadline of the dead-man, or while paused.") \
	X(VG_METRIC_BYPASS_SWALLOWED, "vipguard_bypass_swallowed_total", COUNTER, "Times that PACKET_QDISC_BYPASS was asked for and had no effect.") \
	X(VG_METRIC_ANNOUNCE_TRUE, "vipguard_announce_true_total", COUNTER, \
	  "Frames judged that named the hardware address of the rightful node, and passed.") \
	X(VG_METRIC_HEAL_TOLD, "vipguard_heal_told_total", COUNTER, "Rounds in which neighbours were told whose an address is.") \
	X(VG_METRIC_HEAL_FAILED, "vipguard_heal_failed_total", COUNTER, "Addresses of which neighbours could not be told.") \
	X(VG_METRIC_HEAL_DELAYED, "vipguard_heal_delayed_total", COUNTER, "Seconds in which more was to be told than is at a time.") \
	X(VG_METRIC_LOST, "vipguard_lost_total", COUNTER, "What could not be seen, named or said, by cause.") \
	X(VG_METRIC_TABLE, "vipguard_table_entries", GAUGE, "Entries of a map, table or queue.") \
	X(VG_METRIC_TABLE_LIMIT, "vipguard_table_entries_limit", GAUGE, "How many entries it may have.") \
	X(VG_METRIC_OUTPUT, "vipguard_output_waiting_bytes", GAUGE, "Bytes of lines that standard output has not taken yet.") \
	X(VG_METRIC_OUTPUT_LIMIT, "vipguard_output_waiting_limit_bytes", GAUGE, "How many may wait before lines are lost.") \
	X(VG_METRIC_PICTURE, "vipguard_picture_changed_timestamp_seconds", GAUGE, "When what is judged by changed last.") \
	X(VG_METRIC_STALE, "vipguard_source_stale", GAUGE, "1 while the source is out of date: nothing is acted on by it.") \
	X(VG_METRIC_COMPLETE, "vipguard_source_complete", GAUGE, "1 once the source was read completely.") \
	X(VG_METRIC_SUCCESS, "vipguard_source_success_timestamp_seconds", GAUGE, "When the source that was silent for longest was heard from last.") \
	X(VG_METRIC_RELOAD_FAILED, "vipguard_assignments_reload_failed", GAUGE, \
	  "1 if the assignments file could not be read again; the one before holds.") \
	X(VG_METRIC_LEFT_OUT, "vipguard_cluster_left_out", GAUGE, "Objects or ranges of the cluster that are more than is kept.") \
	X(VG_METRIC_LIFE, "vipguard_signs_of_life_total", COUNTER, "Signs of life asked for from the API server.") \
	X(VG_METRIC_LIFE_FAILED, "vipguard_signs_of_life_failed_total", COUNTER, "Signs of life that did not come.") \
	X(VG_METRIC_REFLECTORS, "vipguard_reflectors", GAUGE, "Lists and watches of the API server, by what they are doing.") \
	X(VG_METRIC_REFLECTOR_OBJECTS, "vipguard_reflector_objects", GAUGE, "Objects held of a kind; one that two watches speak of counts twice.") \
	X(VG_METRIC_REFLECTOR_HEARD, "vipguard_reflector_heard_timestamp_seconds", GAUGE, \
	  "When a watch of the kind, the one silent for longest, was heard last.") \
	X(VG_METRIC_REFLECTOR_RELISTS, "vipguard_reflector_relists_total", COUNTER, "Lists of a kind, by what made them necessary.") \
	X(VG_METRIC_REFLECTOR_WATCHES, "vipguard_reflector_watches_total", COUNTER, "Watches started.") \
	X(VG_METRIC_REFLECTOR_EVENTS, "vipguard_reflector_events_total", COUNTER, "Objects added, modified or deleted by a watch.") \
	X(VG_METRIC_REFLECTOR_BOOKMARKS, "vipguard_reflector_bookmarks_total", COUNTER, "Bookmarks received.") \
	X(VG_METRIC_REFLECTOR_BYTES, "vipguard_reflector_received_bytes_total", COUNTER, "Bytes of answers received.") \
	X(VG_METRIC_REFLECTOR_ERRORS, "vipguard_reflector_errors_total", COUNTER, "Lists and watches that failed.") \
	X(VG_METRIC_REFLECTOR_ODD, "vipguard_reflector_set_aside_total", COUNTER, "Objects set aside because they cannot be read.") \
	X(VG_METRIC_EVENTS, "vipguard_events_written_total", COUNTER, "Events written to the API server, by what was done.") \
	X(VG_METRIC_EVENTS_FAILED, "vipguard_events_failed_total", COUNTER, "Requests to write an Event that failed.") \
	X(VG_METRIC_EVENTS_LEFT_OUT, "vipguard_events_left_out_total", COUNTER, "Findings that have no Event of their own.") \
	X(VG_METRIC_EVENTS_WAITING, "vipguard_events_waiting", GAUGE, "Series of Events that have something to say.") \
	X(VG_METRIC_EVENTS_FORBIDDEN, "vipguard_events_forbidden", GAUGE, "1 while Events may not be written in some namespace.") \
	X(VG_METRIC_CPU, "process_cpu_seconds_total", COUNTER, "Total user and system CPU time spent in seconds.") \
	X(VG_METRIC_RESIDENT, "process_resident_memory_bytes", GAUGE, "Resident memory size in bytes.") \
	X(VG_METRIC_VIRTUAL, "process_virtual_memory_bytes", GAUGE, "Virtual memory size in bytes.") \
	X(VG_METRIC_START, "process_start_time_seconds", GAUGE, "Start time of the process since unix epoch in seconds.") \
	X(VG_METRIC_FDS, "process_open_fds", GAUGE, "Number of open file descriptors.") \
	X(VG_METRIC_FDS_MAX, "process_max_fds", GAUGE, "Maximum number of open file descriptors.")

#define VG_METRIC_ENUM(id, name, type, help) id,
enum vg_metric { VG_METRIC_LIST(VG_METRIC_ENUM) VG_METRIC_MAX };

#endif
