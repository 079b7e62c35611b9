/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `doctor` says, as JSON and as text. The text is made from the JSON:
 * {"node","looked_at":{"kernel","node","cluster"},"not_looked_at":{...},"kernel":[{"feature","state","why","loss","cure"}],
 * "findings":[{"id","severity","part","what","why","evidence":[{"kind","name","field","value","node","controller"}],"change","edits":[{"file","line","last_line","setting",
 * "found","change"}],"commands":[...],"cure","docs"}],"faults","risks","notes","left_out"}
 */
#ifndef REPORT_DOCTOR_H
#define REPORT_DOCTOR_H

#include <jansson.h>
#include <stdio.h>

#include "core/doctor.h"
#include "report/explain.h"

/* A new reference; NULL: no memory. */
json_t *vg_doctor_new(const char *node);
/* Of a part: where from ("kernel", "guard", "objects"), or why not. */
int vg_doctor_looked(json_t *doctor, enum vg_part part, const char *from);
int vg_doctor_not_looked(json_t *doctor, enum vg_part part, const char *why);
/* A feature of the kernel: state "yes", "no", "unknown", "not-needed". One that is not there is a finding. -ENOMEM. */
int vg_doctor_add_feature(json_t *doctor, const char *feature, const char *state, const char *why, const char *loss, const char *cure);
/* -ENOMEM. */
int vg_doctor_add(json_t *doctor, const struct vg_ground *ground, const struct vg_diagnosis *diagnosis);
/* The findings of another document, which may be a guard's. -ENOMEM. */
int vg_doctor_take(json_t *doctor, const json_t *other);
/* A bind that is a violation, as `check` finds it. -ENOMEM. */
int vg_doctor_add_bind(json_t *doctor, const json_t *finding);
/* To a finding: where to change what. -ENOMEM. */
int vg_doctor_add_edit(json_t *finding, const char *file, unsigned line, unsigned last_line, const char *setting, const char *found,
		       const char *change);
int vg_doctor_add_evidence(json_t *finding, const char *kind, const char *name, const char *field, const char *value);
int vg_doctor_add_command(json_t *finding, const char *command);
/* Sorts the findings by severity and counts them. */
int vg_doctor_finish(json_t *doctor, size_t left_out);
/* Faults and risks: what an exit status tells of. */
size_t vg_doctor_grave(const json_t *doctor);
void vg_doctor_print(FILE *out, const json_t *doctor);

/* doctor_words.c: a string to free() each; NULL: no memory. */
char *vg_doctor_what(const struct vg_ground *ground, const struct vg_diagnosis *diagnosis);
char *vg_doctor_change(const struct vg_ground *ground, const struct vg_diagnosis *diagnosis);
const char *vg_doctor_why(const struct vg_diagnosis *diagnosis);
const char *vg_doctor_cure(enum vg_cure cure); /* "services off in kube-vip" */

#endif
