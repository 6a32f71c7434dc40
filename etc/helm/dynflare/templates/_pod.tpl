{{- define "dynflare.labels" -}}
app.kubernetes.io/name: dynflare
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "dynflare.secret" -}}
{{ .Values.existingSecret | default .Release.Name }}
{{- end }}

{{- /* The pod of both kinds; `words` is what the program is told. */ -}}
{{- define "dynflare.pod" -}}
{{- $ := .root -}}
metadata:
  labels:
    {{- include "dynflare.labels" $ | nindent 4 }}
  annotations:
    checksum/config: {{ $.Values.config | sha256sum }}
    checksum/secrets: {{ $.Values.secrets | toJson | sha256sum }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- if $.Values.hostNetwork }}
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  {{- end }}
  {{- if eq .words "update" }}
  restartPolicy: Never
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: dynflare
      image: "{{ $.Values.image.repository }}:{{ $.Values.image.tag | default $.Chart.AppVersion }}"
      imagePullPolicy: {{ $.Values.image.pullPolicy }}
      args: [{{ .words }}]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      resources:
        {{- toYaml $.Values.resources | nindent 8 }}
      {{- if eq .words "run" }}
      livenessProbe:
        exec:
          command: ["/usr/bin/dynflare", "status", "--alive"]
        periodSeconds: 60
        timeoutSeconds: 10
        failureThreshold: 5
      readinessProbe:
        exec:
          command: ["/usr/bin/dynflare", "status", "--check"]
        periodSeconds: 60
        timeoutSeconds: 10
      {{- end }}
      volumeMounts:
        - name: config
          mountPath: /etc/dynflare
          readOnly: true
        {{- if or $.Values.existingSecret $.Values.secrets }}
        - name: secret
          mountPath: /run/secrets/dynflare
          readOnly: true
        {{- end }}
        - name: state
          mountPath: /var/lib/dynflare
  volumes:
    - name: config
      configMap:
        name: {{ $.Release.Name }}
    {{- if or $.Values.existingSecret $.Values.secrets }}
    - name: secret
      secret:
        secretName: {{ include "dynflare.secret" $ }}
        defaultMode: 0440
    {{- end }}
    - name: state
      {{- if $.Values.existingClaim }}
      persistentVolumeClaim:
        claimName: {{ $.Values.existingClaim }}
      {{- else }}
      emptyDir: {}
      {{- end }}
  {{- with $.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $.Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
